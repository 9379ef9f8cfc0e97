# SPDX-License-Identifier: LGPL-2.1-or-later
"""Common to the benchmarks of films: noisy clips, and PSNR against the clean clip."""

import pathlib
import subprocess

import numpy as np

import bench

NOISES = {"white10": "kind=gaussian degree=0.0392", "corr20": "kind=correlated degree=0.0784"}


class Parser(bench.Parser):
    """With the options that benchmarks of films have."""

    def __init__(self, description):
        super().__init__(description)
        clips = pathlib.Path(__file__).resolve().parents[3] / "shared/data/video"
        self.add_argument("clips", nargs="*", type=pathlib.Path, default=sorted(clips.glob("*.y4m")),
                          help="clean clips that ffmpeg reads")
        self.add_argument("--codec", default="h264", help="of transcode (%(default)s)")

    def parse_args(self):
        options = super().parse_args()
        options.clips = [clip.resolve() for clip in options.clips]
        options.build = pathlib.Path(options.build).resolve()
        if not options.clips:
            bench.missing("clean clips, which are to be named")
        return options


def ffmpeg(*arguments, **options):
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, **options)


def luma(film):
    size = subprocess.check_output(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                    "stream=width,height", "-of", "csv=p=0", film], text=True)
    width, height = map(int, size.strip().split(","))
    raw = ffmpeg("-i", film, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-",
                 stdout=subprocess.PIPE).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, width * height * 3 // 2)
    return frames[:, :width * height].astype(np.float32)


def psnr(clean, film):
    """Of each frame, dB."""
    return 10 * np.log10(255**2 / np.mean((clean - luma(film))**2, axis=1))


def add_noise(clip, noise, film):
    """Without loss, in a film of keyframes."""
    subprocess.run(f"gst-launch-1.0 -q filesrc location={clip} ! y4mdec ! zsnoise seed=1 {NOISES[noise]} ! "
                   f"avenc_ffv1 ! matroskamux ! filesink location={film}", shell=True, check=True)


def transcode(options, film, out, *more):
    program = options.build / "pipelines/zsdenoise-transcode"
    subprocess.run([program, "--overwrite", "--codec", options.codec, *more, film, out], check=True,
                   stdout=subprocess.DEVNULL)
