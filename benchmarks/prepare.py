"""Builds projects of many small copies, so that nothing is left to do when they are measured."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import environment
from benchmarks.shapes import Shape

# What takes a real build too long is taken as built (`doit accept`).
MOST_TO_BUILD = 10_000


def build(folder: Path, shape: Shape, count: int) -> None:
    """Build a project with datamake, or have what its rules would make taken as built."""
    if count > MOST_TO_BUILD:
        for target, inputs in shape.rules(count):
            shutil.copyfile(folder / inputs[0], folder / target)
        run([*peers.DOIT, "accept", "copy*"], folder)
    # Twice: what was younger than the clock can tell is looked at again by the second run.
    for _ in range(2):
        run(peers.DOIT, folder)


def run(words: list[str], folder: Path) -> None:
    """Run a command that has to succeed, and is not measured."""
    subprocess.run(words, cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL)
