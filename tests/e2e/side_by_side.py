"""One dodo.py in two projects, one built by datamake and one by plain doit, step by step."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.e2e.conftest import DEADLINE_SECONDS, Project, Said

HEAD = """
import os, pathlib, sys

def note(name):
    with open("ran.log", "a") as log:
        log.write(name + "\\n")

def make(targets):
    for target in targets:
        pathlib.Path(target).write_text(os.path.basename(target))
"""


class SideBySide:
    """The same project twice. `ours` is built by datamake, `plain` by doit without plugins.

    The dodo.py may use `note(name)` to log that it ran, and `make` to write its targets.
    """

    def __init__(self, folder: Path) -> None:
        self.ours, self.plain = (Project(folder / name) for name in ("ours", "plain"))
        self.plain.write("pyproject.toml", "")

    def dodo(self, text: str) -> None:
        """Write the dodo.py of both."""
        for project in (self.ours, self.plain):
            project.write("dodo.py", HEAD + textwrap.dedent(text))

    def write(self, name: str, text: str) -> None:
        """Write a file into both."""
        for project in (self.ours, self.plain):
            project.write(name, text)

    def remove(self, name: str) -> None:
        """Remove a file from both."""
        for project in (self.ours, self.plain):
            (project.folder / name).unlink()

    def both(self, *arguments: str, code: int = 0) -> tuple[Said, Said]:
        """Type doit in both at once; return what datamake said, then what plain doit did."""
        started = [project.start(*arguments) for project in (self.ours, self.plain)]
        told = [process.communicate(timeout=DEADLINE_SECONDS) for process in started]
        assert [process.returncode for process in started] == [code, code], told
        ours, plain = (Said(code, out, err) for out, err in told)
        return ours, plain

    def same(self, *arguments: str, code: int = 0) -> str:
        """Type doit in both; return what it wrote to standard output, which must be the same."""
        ours, plain = self.both(*arguments, code=code)
        assert ours.out == plain.out, arguments
        return ours.out

    def doit(self, *arguments: str, code: int = 0) -> list[str]:
        """Type doit in both; return what ran, which must be the same.

        So must the exit code be. doit promises no order between tasks that don't need each
        other, so it is datamake's order that is returned.
        """
        said = self.both(*arguments, code=code)
        ours, plain = self.ours.ran(), self.plain.ran()
        assert sorted(ours) == sorted(plain), f"datamake ran {ours}, doit {plain}\n{said}"
        return ours
