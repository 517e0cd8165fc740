"""Runs commands in turn, each from a clean start, and measures their time and peak memory.

In turn, so that a drift of the machine's speed hits all alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# Builds of so many tasks take minutes: few of them are run, without a warm-up.
LONG = 100_000
WORK = Path(__file__).with_name(".work")


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Job:
    """A command, the folder in which it runs, and what puts that back as it was before."""

    words: Sequence[str]
    folder: str
    prepare: Callable[[], None] = nothing


@dataclass
class Taken:
    """What the runs of a command took: wall-clock seconds, and the most memory of any in bytes."""

    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def median(self) -> float:
        """The median of the wall-clock seconds."""
        return statistics.median(self.seconds)

    def ratio(self, other: Taken) -> float:
        """Return how many times as long this took as another, the median of pairs of runs."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


@contextmanager
def workplace() -> Iterator[Path]:
    """Make a folder on the disk of this checkout, and remove it behind the block."""
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as place:
        yield Path(place)


def move_aside(folder: Path, *names: str) -> None:
    """Have a folder be without what an earlier run made in it, which is removed with the workplace.

    To remove it here would be measured: ext4 passes over every inode that was freed in the last
    minutes when it makes a file.
    """
    aside = Path(tempfile.mkdtemp(prefix="aside-", dir=folder.parent))
    for name in names:
        for path in folder.glob(name):
            path.rename(aside / path.name)


def measured_in_turn(
    jobs: Mapping[str, Job], runs: int, *, warm_up: bool = True
) -> dict[str, Taken]:
    """Run every job `runs` times, one after the other, after one warm-up each if there is one.

    A job that prints a number of seconds as its last line has timed itself. Raises
    CalledProcessError where one fails.
    """
    taken = {name: Taken() for name in jobs}
    for run in range(-1 if warm_up else 0, runs):
        for name, job in jobs.items():
            job.prepare()
            seconds, peak_bytes = measured(job)
            if run >= 0:
                taken[name].seconds.append(seconds)
                taken[name].peak_bytes = max(taken[name].peak_bytes, peak_bytes)
    return taken


def measured(job: Job) -> tuple[float, int]:
    """Run a job once; return its seconds, and its peak memory in bytes."""
    started = time.perf_counter()
    with subprocess.Popen(
        job.words, cwd=job.folder, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        # No more of it is kept: a process that is started begins with the memory of this one.
        last = deque(process.stdout, maxlen=1)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, job.words)
    with suppress(IndexError, ValueError):
        seconds = float(last[-1])
    # Linux counts in kilobytes, macOS in bytes.
    return seconds, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def environment() -> dict[str, str]:
    """Return the environment of a command that is measured.

    Compiled modules are kept, as they are for everybody who types a command twice.
    """
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def table(taken: Mapping[str, Taken], *bases: str) -> str:
    """Return a Markdown table of medians, of ratios to the bases' times, and of peak memory."""
    known = [base for base in bases if base in taken]
    heads = ["command", "median", "min – max", *(f"/ {base}" for base in known), "peak memory"]
    lines = [row(heads), row(["---", *["---:"] * (len(heads) - 1)])]
    for name, of in taken.items():
        ratios = [f"{of.ratio(taken[base]):.2f}" for base in known]
        ends = f"{min(of.seconds):.3f} – {max(of.seconds):.3f} s"
        lines.append(row([name, f"{of.median:.3f} s", ends, *ratios, memory(of.peak_bytes)]))
    return "\n".join(lines)


def memory(peak_bytes: int) -> str:
    """Return peak memory in words; of less than this process has, no more can be said."""
    least = _least_bytes()
    return f"{peak_bytes / 1e6:.0f} MB" if peak_bytes > 1.1 * least else f"< {least / 1e6:.0f} MB"


def _least_bytes() -> int:
    # A new process has the memory of the one that starts it, until it runs its own program.
    return max(measured(Job(["true"], "."))[1] for _ in range(3))


def row(cells: Sequence[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
