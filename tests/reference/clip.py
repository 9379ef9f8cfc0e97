#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes pipelines/clip.mkv, the clip that the demo denoises: a slow pan and zoom over two of the
Kodak pictures, which Kodak released for unrestricted usage.

    tests/reference/clip.py kodim23.png kodim05.png pipelines/clip.mkv

Needs numpy, PIL and ffmpeg with libx264 (Debian: python3-numpy python3-pil ffmpeg)."""
import subprocess
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 36, 24


def views(path):
    """Windows of the picture that drift to the right and down and grow narrower, as RGB frames."""
    picture = Image.open(path).convert("RGB")
    for t in np.linspace(0, 1, FRAMES):
        width = 700 - 60 * t
        height = width * HEIGHT / WIDTH
        left = 10 + 60 * t
        top = (picture.height - height) * (0.4 + 0.3 * t)
        yield picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS,
                             box=(left, top, left + width, top + height))


def main():
    *pictures, out = sys.argv[1:]
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
         "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-", "-vf",
         "scale=out_color_matrix=bt709:out_range=limited", "-pix_fmt", "yuv420p",
         "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
         "-color_range", "tv", "-c:v", "libx264", "-preset", "veryslow", "-crf", "12",
         "-bitexact", out], stdin=subprocess.PIPE)
    for path in pictures:
        for frame in views(path):
            encoder.stdin.write(frame.tobytes())
    encoder.stdin.close()
    sys.exit(encoder.wait())


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
