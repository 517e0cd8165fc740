"""Start-up: `doit list` and an up-to-date `doit` on the shipped pipeline, against plain doit."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Command, machine, seconds_in_turn, table

ROOT = Path(__file__).parents[1]
RUNS = 25


def main() -> None:
    """Print a table for `doit list` and one for `doit` with nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        plain = _project(Path(folder, "plain"), with_datamake=False)
        ours = _project(Path(folder, "datamake"), with_datamake=True)
        print(machine())
        for arguments in (["list"], []):
            words = [sys.executable, "-m", "doit", *arguments]
            commands = {
                "plain doit": Command(words, str(plain)),
                "datamake": Command(words, str(ours)),
            }
            print(f"\n## {' '.join(['doit', *arguments])}, {RUNS} runs in turn\n")
            print(table(seconds_in_turn(commands, RUNS), "plain doit"))


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


if __name__ == "__main__":
    main()
