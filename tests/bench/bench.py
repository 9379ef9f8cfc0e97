# SPDX-License-Identifier: LGPL-2.1-or-later
"""Common to the benchmarks: noisy clips that move, pipelines and their figures, medians of
alternating runs."""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # exit status of a skipped test in meson
LEARNING = 14  # frames after which every profile has finished its first training
ELEMENT = "zsdenoise name=denoise"


class Parser(argparse.ArgumentParser):
    """With the options that all benchmarks have."""

    def __init__(self, description):
        super().__init__(description=description)
        self.add_argument("--build", type=pathlib.Path, default=TOP / "build",
                          help="where the project is built (build/)")


def missing(what):
    """Ends the benchmark: it cannot run here."""
    print(f"skipped: {what}")
    sys.exit(SKIPPED)


def say(what, value, unit, note="", digits=None):
    """One figure, in a line."""
    if digits is None:
        digits = 0 if value >= 1000 else 1 if value >= 10 else 2
    print(f"{what:<52}{value:9.{digits}f} {unit}{'   ' + note if note else ''}", flush=True)


def processors():
    return len(os.sched_getaffinity(0))


def in_turns(jobs, rounds):
    """Runs each of the jobs (a dictionary of functions that give a number) so many times, one
    after the other, and gives each one's median."""
    figures = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            figures[name].append(job())
    return {name: statistics.median(values) for name, values in figures.items()}


# --- pipelines ---


class Pipelines:
    """Runs pipelines with the plugin in `build`."""

    def __init__(self, build):
        self.program = build / "tests" / "bench" / "bench-stream"
        self.pan = build / "tests" / "bench" / "bench-pan"
        self.env = {**os.environ, "GST_PLUGIN_PATH": str(build / "gst"),
                    "GST_REGISTRY": str(build / "tests" / "bench" / "registry.bin")}
        if not self.program.exists():
            missing(f"{self.program} is not built")

    def run(self, line, skip=1, seconds=0):
        """The figures of bench-stream, as a dictionary."""
        done = subprocess.run([self.program, f"--skip={skip}", f"--seconds={seconds}", line],
                              env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{line}\n{done.stderr.strip()}")
        words = (line.split(maxsplit=1) for line in done.stdout.splitlines())
        return {name: value if name == "isa" else float(value) for name, value in words}

    def file(self, clip, element, skip=LEARNING):
        """The figures of a clip in a file, all its frames but the first `skip`."""
        return self.run(f"filesrc location={clip} ! y4mdec ! {element} ! fakesink name=out",
                        skip=skip)

    def decode(self, out, form="video/x-raw,format=NV12 ! videoconvert ! "
                               "video/x-raw,format=I420 ! y4menc"):
        """The project's own clip, 640x360, whose last picture is a textured one. (y4menc writes
        frames with the padding that a decoder leaves in them; NV12 rids them of it.)"""
        line = (f"filesrc location={TOP / 'pipelines' / 'clip.mkv'} ! decodebin ! videoconvert ! "
                f"{form} ! filesink location={out}")
        done = subprocess.run(["gst-launch-1.0", "-q", *line.split()], env=self.env,
                              capture_output=True, text=True)
        if done.returncode or not out.exists() or not out.stat().st_size:
            missing("pipelines/clip.mkv cannot be decoded (Debian: gstreamer1.0-libav)")

    def make_clip(self, folder, width, height, frames, motion="pan", noise=0.08):
        """A noisy clip made of the project's own picture, as a y4m file."""
        picture, clip = folder / "picture.y4m", folder / f"{motion}-{width}x{height}.y4m"
        if not picture.exists():
            self.decode(picture)
        subprocess.run([self.pan, picture, clip, str(width), str(height), str(frames), motion,
                        str(noise)], check=True)
        return clip


# --- ffmpeg ---


def ffmpeg_there():
    return shutil.which("ffmpeg") is not None


WALL, PROCESSOR = ["rtime"], ["utime", "stime"]  # ffmpeg's names of its times


def ffmpeg_seconds(clip, frames, filters, threads, clock=WALL):
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "info", "-nostats", "-benchmark", "-filter_threads",
         str(threads), "-threads", str(threads), "-i", clip, "-frames:v", str(frames), "-vf",
         filters, "-f", "null", "-"], capture_output=True, text=True, check=True)
    return sum(float(done.stderr.rsplit(f"{name}=", 1)[1].split("s")[0]) for name in clock)


def ffmpeg_ms(clip, frames, filters, threads, clock=WALL):
    """Milliseconds a frame, without the program's start."""
    start = ffmpeg_seconds(clip, 1, filters, threads, clock)
    return 1000 * (ffmpeg_seconds(clip, frames, filters, threads, clock) - start) / (frames - 1)
