"""Runs commands in turn, each from a clean start, and measures their time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """A command, the folder in which it runs, and what puts that back as it was before."""

    words: Sequence[str]
    folder: str
    prepare: Callable[[], None]


@dataclass
class Taken:
    """What the runs of a command took: wall-clock seconds, and the most memory of any in bytes."""

    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def measured_in_turn(jobs: Mapping[str, Job], runs: int) -> dict[str, Taken]:
    """Run every job `runs` times, one after the other, after one warm-up each.

    A job that prints a number of seconds as its last line has timed itself. Raises
    CalledProcessError where one fails.
    """
    taken = {name: Taken() for name in jobs}
    for run in range(runs + 1):
        for name, job in jobs.items():
            job.prepare()
            seconds, peak_bytes = _measured(job)
            if run:
                taken[name].seconds.append(seconds)
                taken[name].peak_bytes = max(taken[name].peak_bytes, peak_bytes)
    return taken


def _measured(job: Job) -> tuple[float, int]:
    started = time.perf_counter()
    with subprocess.Popen(job.words, cwd=job.folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = process.stdout.read().split()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, job.words)
    with suppress(IndexError, ValueError):
        seconds = float(printed[-1])
    # Linux counts in kilobytes, macOS in bytes.
    return seconds, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def table(taken: Mapping[str, Taken], base: str) -> str:
    """Return a Markdown table of medians, of how many times faster than `base`, and of memory."""
    lines = [
        f"| command | median | min – max | {base} / this | peak memory |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, of in taken.items():
        pairs = zip(taken[base].seconds, of.seconds, strict=True)
        ratio = statistics.median(theirs / mine for theirs, mine in pairs)
        lines.append(
            f"| {name} | {statistics.median(of.seconds):.3f} s"
            f" | {min(of.seconds):.3f} – {max(of.seconds):.3f} s"
            f" | {ratio:.1f} | {of.peak_bytes / 1e6:.0f} MB |"
        )
    return "\n".join(lines)
