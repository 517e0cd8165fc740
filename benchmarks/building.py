"""Building from nothing: N tiny tasks, one after the other and two at a time."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import (
    LONG,
    Job,
    Taken,
    environment,
    measured_in_turn,
    move_aside,
    row,
    table,
    workplace,
)
from benchmarks.shapes import TINY, configure

TITLE = "Building from nothing"
SHOWS = (
    "What it costs to run, settle and record a task that does next to nothing; a task's cost is"
    " the time for N tasks less that for one, by their number. SQLite's part and the file system's"
    " are what is in datamake's cost of them alone: the same statements and calls, with nothing"
    " around them."
)
RUNS = 3
# Luigi's scheduler looks through all of its tasks again for each of them.
MOST_FOR_LUIGI = 1_000

# The same as TINY, as who uses make and who uses Luigi would write it; with a number of tasks.
RULES = """
all: $(foreach number,$(shell seq 0 $$(({count} - 1))),out/$(number))

out/%:
\tprintf made > $@
"""
LUIGI_TASKS = """
import luigi

class Write(luigi.Task):
    number = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"out/{{self.number}}")

    def run(self):
        with self.output().open("w") as file:
            file.write("made")

class All(luigi.WrapperTask):
    def requires(self):
        return [Write(number=number) for number in range({count})]
"""


def measure(full: bool) -> Iterator[str]:
    """Yield a table of whole runs for each size, and one of the cost of a task."""
    for count in (1_000, 10_000, 100_000) if full else (1_000,):
        yield of_count(count)


def of_count(count: int) -> str:
    """Return the tables for projects of so many tasks."""
    runs = 1 if count >= LONG else RUNS
    with workplace() as place:
        many = measured_in_turn(jobs(place / "many", count), runs, warm_up=count < LONG)
        one = measured_in_turn(jobs(place / "one", 1), RUNS)
        parts = measured_in_turn(_parts(place / "parts", count), runs, warm_up=count < LONG)
    lines = [row(["command", "a task"]), row(["---", "---:"])]
    for name, taken in many.items():
        lines.append(row([name, f"{_cost(taken, one[name], count) * 1000:.2f} ms"]))
    for name, taken in parts.items():
        lines.append(row([name, f"{taken.median / count * 1000:.2f} ms"]))
    whole = table(many, "plain doit", "plain doit -n 2")
    costs = "\n".join(lines)
    return f"### {count:,} tasks\n\n{whole}\n\n{_said(runs)}. Less the start-up:\n\n{costs}"


def _said(runs: int) -> str:
    return "One run, without a warm-up" if runs == 1 else f"{runs} runs"


def _cost(many: Taken, one: Taken, count: int) -> float:
    return (many.median - statistics.median(one.seconds)) / (count - 1)


def jobs(place: Path, count: int) -> dict[str, Job]:
    """Return builds from nothing in a folder; datamake's with workers only if it has them."""
    plain, ours = place / "plain", place / "datamake"
    for folder in (plain, ours):
        folder.mkdir(parents=True)
        (folder / "dodo.py").write_text(TINY.format(count=count))
    configure(ours)
    found = {
        "plain doit": _job(plain),
        "plain doit -n 2": _job(plain, "-n", "2"),
        "datamake": _job(ours),
    }
    if _has_workers(ours):
        found["datamake -n 2"] = _job(ours, "-n", "2")
    return found | _of_others(place, count)


def _of_others(place: Path, count: int) -> dict[str, Job]:
    """Return the same builds by peers that are no doit."""
    found = {}
    make, luigi = peers.make(), place / "luigi"
    if make is not None:
        (place / "make").mkdir()
        (place / "make" / "Makefile").write_text(RULES.format(count=count))
        for options in ([], ["-j", "2"]):
            words = [make, "-rR", "-s", *options]
            found[" ".join(["make", *words[1:]])] = _started(words, place / "make")
    if count <= MOST_FOR_LUIGI:
        luigi.mkdir()
        (luigi / "tiny.py").write_text(LUIGI_TASKS.format(count=count))
        options = ["--module", "tiny", "--log-level", "ERROR", "--local-scheduler", "All"]
        words = [peers.command("luigi", "python"), "-m", "luigi", *options]
        found["Luigi"] = _started(words, luigi)
        found["Luigi --workers 2"] = _started([*words, "--workers", "2"], luigi)
    return found


def _parts(place: Path, count: int) -> dict[str, Job]:
    """Return what is in datamake's builds of SQLite and of the file system alone."""
    place.mkdir()
    (place / "dodo.py").write_text(TINY.format(count=count))
    configure(place)
    python = [sys.executable, str(Path(__file__).with_name("floor.py"))]
    return {
        "SQLite's part": _started([*python, "statements"], place),
        "the file system's part": _started([*python, "files", str(count)], place),
    }


def _job(folder: Path, *options: str) -> Job:
    return _started([*peers.DOIT, *options], folder)


def _started(words: list[str], folder: Path) -> Job:
    """Return a build that finds nothing in its folder."""

    def prepare() -> None:
        move_aside(folder, "out", "floor", ".datamake", ".doit.db*")
        (folder / "out").mkdir()

    return Job(words, str(folder), prepare)


def _has_workers(folder: Path) -> bool:
    words = [*peers.DOIT, "run", "--dry-run", "-n", "2"]
    done = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    return done.returncode == 0
