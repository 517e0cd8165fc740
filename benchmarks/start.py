"""Start-up: `doit list` and an up-to-date `doit` on the shipped pipeline, against plain doit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.shapes import ROOT

TITLE = "Start-up"
SHOWS = "What one waits for before anything can begin, on the pipeline in tasks/."
RUNS = 25


def measure(full: bool) -> Iterator[str]:
    """Yield a table for `doit list` and one for `doit` with nothing to do."""
    with workplace() as folder:
        plain = _project(folder / "plain", with_datamake=False)
        ours = _project(folder / "datamake", with_datamake=True)
        for arguments in (["list"], []):
            words = [*peers.DOIT, *arguments]
            jobs = {"plain doit": Job(words, str(plain)), "datamake": Job(words, str(ours))}
            measured = table(measured_in_turn(jobs, RUNS), "plain doit")
            yield f"### `{' '.join(['doit', *arguments])}`\n\n{measured}\n\n{RUNS} runs."


def _project(folder: Path, *, with_datamake: bool) -> Path:
    """Copy the shipped pipeline; without datamake's configuration doit runs it by itself."""
    folder.mkdir()
    shutil.copy(ROOT / "dodo.py", folder)
    shutil.copytree(ROOT / "tasks", folder / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    if with_datamake:
        shutil.copy(ROOT / "pyproject.toml", folder)
    else:
        # Under plain doit, `import datamake` in a dodo.py would start doit anew.
        (folder / "datamake.py").write_text("from msgspec import Meta\n")
    return folder
