"""Times whole commands in turn, so that a drift of the machine's speed hits all alike."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command to be timed, and the folder in which it runs."""

    words: Sequence[str]
    folder: str


def seconds_in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, list[float]]:
    """Run every command `runs` times, one after the other, after one warm-up each.

    Returns wall-clock seconds by name. Raises CalledProcessError where a command fails.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(
                command.words,
                cwd=command.folder,
                env=_environment(),
                check=True,
                stdout=subprocess.DEVNULL,
            )
            if run:
                taken[name].append(time.perf_counter() - started)
    return taken


def table(taken: Mapping[str, Sequence[float]], base: str) -> str:
    """Return a Markdown table of medians, and of the median ratio to `base`, pair by pair."""
    lines = ["| command | median | min – max | ratio |", "|---|---:|---:|---:|"]
    for name, times in taken.items():
        ratio = statistics.median(a / b for a, b in zip(times, taken[base], strict=True))
        lines.append(
            f"| {name} | {statistics.median(times) * 1000:.0f} ms"
            f" | {min(times) * 1000:.0f} – {max(times) * 1000:.0f} ms | {ratio:.2f} |"
        )
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures depend on: cores, system and Python."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _environment() -> dict[str, str]:
    # Compiled modules are kept, as they are for everybody who types a command twice.
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
