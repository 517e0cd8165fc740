"""What a tiny stage costs with two workers, beside plain doit's, in alternation.

python -m benchmarks.parallel [TASKS [ROUNDS]]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DODO = """
import shutil

def copy(dependencies, targets):
    with open(dependencies[0], "rb") as source, open(targets[0], "wb") as target:
        target.write(source.read())

def task_copy():
    for n in range({tasks}):
        yield {{"name": str(n), "file_dep": ["in.txt"], "targets": [f"out/{{n}}.txt"],
               "actions": [copy]}}
"""
ROOT = Path(__file__).parents[1]


def seconds(tasks: int, *, ours: bool, number: str) -> float:
    """Return how long doit takes in a new folder with so many tasks."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "dodo.py").write_text(DODO.format(tasks=tasks))
        (folder / "in.txt").write_text("content")
        (folder / "out").mkdir()
        if ours:
            text = (ROOT / "pyproject.toml").read_text()
            tables = re.search(
                r"^\[tool\.doit\]\n.*?(?=^\[tool\.(?!doit))", text, re.MULTILINE | re.DOTALL
            )
            (folder / "pyproject.toml").write_text(tables.group(0) if tables else "")
        started = time.monotonic()
        command = [sys.executable, "-m", "doit", "-n", number]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - started
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Print microseconds a task, without what doit takes to start."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for number in ("0", "2"):
        for ours in (False, True) * rounds:
            cost = seconds(tasks, ours=ours, number=number) - seconds(1, ours=ours, number=number)
            name = "datamake" if ours else "plain doit"
            print(f"-n {number} {name:<10} {cost / (tasks - 1) * 1e6:6.0f} us a task", flush=True)


if __name__ == "__main__":
    main()
