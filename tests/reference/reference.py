#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Zero-Shot Noise2Noise in PyTorch's words, and what it computes for a few small pictures.

The engine is tested against these numbers (tests/engine/reference.c). They are kept in the
repository, so this script is needed only to make them anew. On Debian 12:

    apt install python3-torch
    /usr/bin/python3 tests/reference/reference.py tests/data/reference.bin

It computes in double precision, from pictures and parameters that single precision holds
exactly, so that the numbers it writes are true to the last bit of a float. The same PyTorch
gives the same file.

The file is little-endian: "ZSDREF1\\n", a uint32 with the number of cases, and for each case

    uint32   channels, height, width, hidden, every, steps
    float32  picture     channels x height x width, 0..1
    float32  parameters  for each of the three layers its weights (output channel, input
                         channel, row, column), then its biases
    float32  f(picture)  channels x height x width
    float32  residual loss, consistency loss
    float32  gradient    of residual + consistency with respect to the parameters
    float32  learned     the parameters after `steps` steps of Adam on the whole picture

where of `gradient` and `learned` only every `every`-th value is kept, the first one first.
"""

import struct
import sys

import torch
import torch.nn.functional as F

STEPS = 10

# channels, height, width, hidden channels, deviation of the noise, scale of the last layer's
# first parameters, `every`. 34 x 39 and 41 x 36 are more than one patch of the engine's learning
# in both directions. A small last layer helps the picture within a few steps, which the engine
# makes a condition.
CASES = [
    (1, 17, 13, 5, 0.10, 1.0, 1),
    (3, 34, 39, 8, 0.20, 0.02, 1),
    (6, 24, 21, 13, 0.20, 0.02, 1),
    (1, 41, 36, 7, 0.20, 0.02, 1),
    (3, 20, 18, 52, 0.15, 0.1, 16),
]


class Network(torch.nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.layer1 = torch.nn.Conv2d(channels, hidden, 3, padding=1)
        self.layer2 = torch.nn.Conv2d(hidden, hidden, 3, padding=1)
        self.layer3 = torch.nn.Conv2d(hidden, channels, 1)
        self.act = torch.nn.LeakyReLU(negative_slope=0.2)

    def forward(self, x):
        x = self.act(self.layer1(x))
        x = self.act(self.layer2(x))
        return self.layer3(x)


def pair_downsampler(picture):
    channels = picture.shape[1]
    filter1 = torch.tensor([[[[0, 0.5], [0.5, 0]]]], dtype=picture.dtype)
    filter2 = torch.tensor([[[[0.5, 0], [0, 0.5]]]], dtype=picture.dtype)
    return [
        F.conv2d(picture, f.repeat(channels, 1, 1, 1), stride=2, groups=channels)
        for f in (filter1, filter2)
    ]


def losses(net, noisy):
    mse = torch.nn.MSELoss()
    noisy1, noisy2 = pair_downsampler(noisy)
    pred1 = noisy1 - net(noisy1)
    pred2 = noisy2 - net(noisy2)
    residual = 0.5 * (mse(noisy1, pred2) + mse(noisy2, pred1))
    denoised1, denoised2 = pair_downsampler(noisy - net(noisy))
    consistency = 0.5 * (mse(pred1, denoised1) + mse(pred2, denoised2))
    return residual, consistency


def make_picture(channels, height, width, deviation):
    """Waves, a step and noise; exact in single precision."""
    y, x = torch.meshgrid(
        torch.arange(height, dtype=torch.float64),
        torch.arange(width, dtype=torch.float64),
        indexing="ij",
    )
    planes = [
        0.5 + 0.2 * torch.sin(0.25 * x + 0.4 * c) * torch.cos(0.2 * y - c) + 0.15 * (x > y + c)
        for c in range(channels)
    ]
    picture = torch.stack(planes)[None]
    picture = (picture + deviation * torch.randn(picture.shape, dtype=torch.float64)).clamp(0, 1)
    return picture.float().double()


def make_network(channels, hidden, scale):
    """PyTorch's own first parameters, the last layer's scaled; exact in single precision."""
    net = Network(channels, hidden).float().double()
    with torch.no_grad():
        for parameter in net.layer3.parameters():
            parameter.copy_((parameter * scale).float())
    return net


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def numbers(tensor):
    return tensor.detach().numpy().astype("<f4").tobytes()


def make_case(channels, height, width, hidden, deviation, scale, every):
    picture = make_picture(channels, height, width, deviation)
    net = make_network(channels, hidden, scale)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    out = struct.pack("<6I", channels, height, width, hidden, every, STEPS)
    out += numbers(picture) + numbers(flat(net.parameters())) + numbers(net(picture))
    for step in range(STEPS):
        residual, consistency = losses(net, picture)
        optimizer.zero_grad()
        (residual + consistency).backward()
        if step == 0:
            out += numbers(torch.stack([residual, consistency]))
            out += numbers(flat(p.grad for p in net.parameters())[::every])
        optimizer.step()
    return out + numbers(flat(net.parameters())[::every])


def main():
    torch.manual_seed(2023)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    with open(sys.argv[1], "wb") as file:
        file.write(b"ZSDREF1\n" + struct.pack("<I", len(CASES)))
        for case in CASES:
            file.write(make_case(*case))


if __name__ == "__main__":
    main()
