"""A dodo.py whose actions wait for a test to look, and whose content a test can turn."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.e2e.conftest import Project, wait_until

# `pause` says that it has come, and waits to be told to go on; `turn` reads an input.
FUNCTIONS = """
def pause(name):
    pathlib.Path(name + ".started").touch()
    while not os.path.exists(name + ".go"):
        time.sleep(0.005)
    os.remove(name + ".go")
    os.remove(name + ".started")

def turn():
    return pathlib.Path("turn").read_text()
"""


def dodo(project: Project, text: str) -> None:
    """Write a dodo.py whose actions can `pause` and see the `turn`."""
    project.dodo(FUNCTIONS + textwrap.dedent(text))


def wait_for_pause(project: Project, name: str) -> None:
    """Return when an action has come to a pause."""
    wait_until((project.folder / f"{name}.started").exists)


def go_on(project: Project, name: str) -> None:
    """Have an action go on after its pause."""
    (project.folder / f"{name}.go").touch()


def staging_folders(folder: Path) -> list[str]:
    """Return every staging folder below a folder."""
    return sorted(str(path) for path in folder.rglob(".datamake-*"))
