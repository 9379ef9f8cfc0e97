# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lines for a shell in pipelines/README.md, as they are written, and a folder to run them in."""
import os
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def lines(section):
    """Lines of all blocks for a shell between its heading and the next one."""
    text = (TOP / "pipelines" / "README.md").read_text(encoding="utf-8")
    body = re.search(rf"^#+ {re.escape(section)}\n(.*?)(?=^#+ |\Z)", text, re.DOTALL | re.MULTILINE)[1]
    found = "".join(re.findall(r"^```sh\n(.*?)^```$", body, re.DOTALL | re.MULTILINE))
    assert found, f"pipelines/README.md, {section}: no lines for a shell"
    return found


def run(section, build, **others):
    """Runs them in the current folder, up to the first that fails, as if the project lay there; what they
    print. Nothing is installed and built, as that has been done."""
    os.mkdir("pipelines")
    for file in (TOP / "pipelines").iterdir():
        if file.is_file():
            os.symlink(file, f"pipelines/{file.name}")
    for script in "install", "build":
        os.remove(f"pipelines/{script}")
        with open(f"pipelines/{script}", "x", opener=lambda *how: os.open(*how, 0o755)) as file:
            file.write("#!/bin/sh\n")
    os.symlink(build, "build")
    done = subprocess.run(["sh", "-e"], input=lines(section), capture_output=True, text=True, **others)
    assert done.returncode == 0, (lines(section), done)
    return done.stdout
