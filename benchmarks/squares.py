"""The numbers and their squares, against Luigi and against a copy of the same bytes."""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.shapes import ROOT

TITLE = "The shipped squares"
SHOWS = (
    "Both files are built anew, with the code of this project and as Luigi's documentation writes"
    " it; that the bytes are the same is checked."
)
RUNS = 5
MANY, RUNS_OF_MANY = 100_000_000, 2

# As Luigi's documentation writes its first example.
LUIGI_TASKS = """
import luigi

class Numbers(luigi.Task):
    n = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f'data/numbers_up_to_{self.n}.txt')

    def run(self):
        with self.output().open('w') as f:
            for i in range(1, self.n + 1):
                f.write('{}\\n'.format(i))

class Squares(luigi.Task):
    n = luigi.IntParameter()

    def requires(self):
        return Numbers(n=self.n)

    def output(self):
        return luigi.LocalTarget(f'data/squares_up_to_{self.n}.txt')

    def run(self):
        with self.input().open() as numbers, self.output().open('w') as squares:
            for line in numbers:
                n = int(line.strip())
                squares.write('{}:{}\\n'.format(n, n * n))
"""

ACTIONS = """
from tasks.numbers import write_numbers
from tasks.squares import square

write_numbers(["{numbers}"], {count})
square(["{numbers}"], ["{squares}"])
"""


def measure(full: bool) -> Iterator[str]:
    """Yield a table, after a check that all made the same bytes, and one of many without Luigi."""
    yield _of(10_000_000 if full else 1_000_000, RUNS)
    if full:
        yield _of(MANY, RUNS_OF_MANY)


def _of(count: int, runs: int) -> str:
    targets = [f"data/numbers_up_to_{count}.txt", f"data/squares_up_to_{count}.txt"]
    with workplace() as place:
        jobs = _jobs(place, count, targets)
        taken = measured_in_turn(jobs, runs)
        model = next(iter(jobs.values()))
        for target in targets:
            for job in jobs.values():
                same = filecmp.cmp(Path(model.folder, target), Path(job.folder, target), False)
                assert same, f"{job.folder}/{target} is not what is in {model.folder}"
    measured = table(taken, "Luigi", "cp")
    return f"### The squares of {count:,} numbers\n\n{measured}\n\n{runs} runs."


def _jobs(place: Path, count: int, targets: list[str]) -> dict[str, Job]:
    """Return how each makes the targets, first what the others are to make alike."""
    luigi, ours, actions, copy = (place / name for name in ("luigi", "ours", "actions", "copy"))
    luigi.mkdir()
    (luigi / "squares.py").write_text(LUIGI_TASKS)
    module = ["-m", "luigi", "--module", "squares", "--log-level", "ERROR"]
    python = peers.command("luigi", "python")
    words = [python, *module, "Squares", "--local-scheduler", "--n", str(count)]
    for folder in (ours, actions):
        folder.mkdir()
        shutil.copytree(ROOT / "tasks", folder / "tasks")
        shutil.copy(ROOT / "dodo.py", folder)
        shutil.copy(ROOT / "pyproject.toml", folder)
    copy.mkdir()
    alone = ACTIONS.format(numbers=targets[0], squares=targets[1], count=count)
    jobs = {
        "Luigi": _job(words, luigi),
        "datamake": _job([*peers.DOIT, "squares", f"n={count}"], ours),
        "the actions alone": _job([sys.executable, "-c", alone], actions),
    }
    if count >= MANY:
        del jobs["Luigi"]  # which takes minutes
    made = next(iter(jobs.values())).folder
    jobs["cp"] = _job(["cp", *(os.path.join(made, target) for target in targets), "data"], copy)
    return jobs


def _job(words: list[str], folder: Path) -> Job:
    def prepare() -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        shutil.rmtree(folder / ".datamake", ignore_errors=True)
        (folder / "data").mkdir()

    return Job(words, str(folder), prepare)
