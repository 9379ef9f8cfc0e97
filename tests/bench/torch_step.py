# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long PyTorch takes for a step of learning: torch_step.py PICTURE WIDTH HEIGHT STEPS THREADS,
with what it reads and prints as in step.c, and PyTorch's version for the instruction set."""

import pathlib
import statistics
import sys
import time

import numpy
import torch

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
import reference  # noqa: E402


def main():
    path, *numbers = sys.argv[1:]
    width, height, steps, threads = map(int, numbers)
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    picture = torch.from_numpy(numpy.fromfile(path, "<f4").reshape(1, 3, height, width))
    net = reference.Network(3, 52)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    wall, cpu = [], []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = sum(reference.losses(net, picture))
        loss.backward()
        optimizer.step()
        wall.append(time.perf_counter())
        cpu.append(time.process_time())
    each = [1000 * (b - a) for a, b in zip(wall, wall[1:])]
    print(f"ms-per-step {statistics.median(each):.3f}")
    print(f"cpu-ms-per-step {1000 * (cpu[-1] - cpu[0]) / (steps - 1):.3f}")
    print(f"loss {loss.item():.6f}")
    print(f"isa PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
