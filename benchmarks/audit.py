"""The audit of what Python actions open: with it and without, on real work and on opening alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.shapes import ROOT, configure

TITLE = "The audit"
SHOWS = (
    "What it costs to notice files that an action opens undeclared, which is the default"
    ' (`audit = "warn"`): on the shipped pipeline, built from nothing, and on an action that does'
    " nothing but open files that it declares, the worst case."
)
RUNS = 7
FILES = 20_000

OPENS = f"""
INPUTS = [f"in/{{number}}" for number in range({FILES})]

def read(dependencies, targets):
    count = 0
    for path in INPUTS:
        with open(path) as file:
            count += len(file.read())
    with open(targets[0], "w") as file:
        file.write(str(count))

def task_read():
    return {{"file_dep": INPUTS, "targets": ["out"], "actions": [read]}}
"""


def measure(full: bool) -> Iterator[str]:
    """Yield a table for the shipped pipeline, and one for an action that only opens files."""
    for title, write in (
        ("The shipped pipeline", _pipeline),
        (f"An action that reads {FILES:,} files of a few bytes", _opening),
    ):
        with workplace() as place:
            jobs = {audit: _job(place / audit, write, audit) for audit in ("off", "warn")}
            measured = table(measured_in_turn(jobs, RUNS), "off")
        yield f"### {title}\n\n{measured}\n\n{RUNS} runs of `doit run -a`."


def _job(folder: Path, write: Callable[[Path], None], audit: str) -> Job:
    folder.mkdir()
    configure(folder)
    with open(folder / "pyproject.toml", "a", encoding="utf-8") as settings:
        settings.write(f'\n[tool.datamake]\naudit = "{audit}"\n')
    write(folder)
    return Job([*peers.DOIT, "run", "-a"], str(folder))


def _pipeline(folder: Path) -> None:
    shutil.copy(ROOT / "dodo.py", folder)
    shutil.copytree(ROOT / "tasks", folder / "tasks", ignore=shutil.ignore_patterns("__pycache__"))


def _opening(folder: Path) -> None:
    (folder / "in").mkdir()
    for number in range(FILES):
        (folder / "in" / str(number)).write_text(str(number))
    (folder / "dodo.py").write_text(OPENS)
