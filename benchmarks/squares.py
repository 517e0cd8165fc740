"""The numbers and their squares, against Luigi and against a copy of the same bytes.

`python -m benchmarks.squares`; with FULL=1 up to 10,000,000. Every run builds both files anew.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from benchmarks.measure import Job, measured_in_turn, table
from benchmarks.timing import machine

ROOT = Path(__file__).parents[1]
ENVIRONMENT = Path(__file__).with_name(".environments") / "luigi"
FULL = bool(os.environ.get("FULL"))
N = 10_000_000 if FULL else 1_000_000
RUNS = 5
TARGETS = (f"data/numbers_up_to_{N}.txt", f"data/squares_up_to_{N}.txt")

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

ACTIONS = f"""
from tasks.numbers import write_numbers
from tasks.squares import square

write_numbers(["{TARGETS[0]}"], {N})
square(["{TARGETS[0]}"], ["{TARGETS[1]}"])
"""


def main() -> None:
    """Print a table, after a check that all made the same bytes."""
    with tempfile.TemporaryDirectory(dir=ROOT / "benchmarks") as place:
        jobs = _jobs(Path(place))
        taken = measured_in_turn(jobs, RUNS)
        for target in TARGETS:
            for job in jobs.values():
                same = filecmp.cmp(
                    Path(jobs["Luigi"].folder, target), Path(job.folder, target), False
                )
                assert same, f"{job.folder}/{target} is not what Luigi made"
        print(f"{machine()}\n\n## The squares of {N:,} numbers, {RUNS} runs in turn\n")
        print(table(taken, "Luigi"))
        copy, ours = (sorted(taken[name].seconds)[RUNS // 2] for name in ("cp", "the actions"))
        print(f"\nThe actions take {ours / copy:.1f} times as long as cp; all bytes are the same.")


def _jobs(place: Path) -> dict[str, Job]:
    luigi, ours, actions, copy = (place / name for name in ("luigi", "ours", "actions", "copy"))
    luigi.mkdir()
    (luigi / "squares.py").write_text(LUIGI_TASKS)
    module = ["-m", "luigi", "--module", "squares", "--log-level", "ERROR"]
    words = [_python_with_luigi(), *module, "Squares", "--local-scheduler", "--n", str(N)]
    for folder in (ours, actions):
        folder.mkdir()
        shutil.copytree(ROOT / "tasks", folder / "tasks")
        shutil.copy(ROOT / "dodo.py", folder)
        shutil.copy(ROOT / "pyproject.toml", folder)
    copy.mkdir()
    sources = [str(luigi / target) for target in TARGETS]
    return {
        "Luigi": _job(words, luigi),
        "doit squares": _job([sys.executable, "-m", "doit", "squares", f"n={N}"], ours),
        "the actions": _job([sys.executable, "-c", ACTIONS], actions),
        "cp": _job(["cp", *sources, "data"], copy),
    }


def _job(words: list[str], folder: Path) -> Job:
    def prepare() -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        shutil.rmtree(folder / ".datamake", ignore_errors=True)
        (folder / "data").mkdir()

    return Job(words, str(folder), prepare)


def _python_with_luigi() -> str:
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "luigi>=3.6,<4"], check=True)
    return str(python)


if __name__ == "__main__":
    main()
