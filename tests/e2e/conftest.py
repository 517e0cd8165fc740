"""A temporary project to tell a story in: write files, type doit, read what it says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def configuration() -> str:
    """Return the tables of this project's pyproject.toml that make doit use datamake."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^\[tool\.doit\]\n.*?(?=^\[tool\.(?!doit))", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(0)


DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Said:
    """How a doit command ended, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str

    def __contains__(self, text: str) -> bool:
        return text in self.out or text in self.err


class Project:
    """A project folder with datamake's configuration, and a log of the actions that ran.

    An action takes part in the log with `note("name")`, which every dodo.py written here has.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("pyproject.toml", configuration())

    def write(self, name: str, text: str) -> Path:
        """Write a text file, dedented, with the folders it needs."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def dodo(self, text: str) -> None:
        """Write the dodo.py; `note` and a few names are imported for it."""
        head = """
            import os, pathlib, sys, time
            from typing import Annotated, Literal
            from datamake import Meta

            def note(name):
                with open("ran.log", "a") as log:
                    log.write(name + "\\n")
        """
        self.write("dodo.py", textwrap.dedent(head) + textwrap.dedent(text))

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")

    def exists(self, name: str) -> bool:
        """Whether something is there under a name."""
        return (self.folder / name).exists()

    def files(self) -> list[str]:
        """Return every file but the dodo.py, the log and datamake's own, sorted."""
        own = ("dodo.py", "pyproject.toml", "ran.log")
        paths = (p.relative_to(self.folder) for p in self.folder.rglob("*") if not p.is_dir())
        return sorted(
            str(p)
            for p in paths
            if str(p) not in own and p.parts[0] not in (".datamake", "__pycache__")
        )

    def ran(self) -> list[str]:
        """Return the names noted since the last call, in order."""
        log = self.folder / "ran.log"
        names = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return names

    def start(
        self, *arguments: str, folder: str = ".", **environment: str
    ) -> subprocess.Popen[str]:
        """Start doit and return the process, in a process group of its own."""
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.Popen(
            [sys.executable, "-m", "doit", *arguments],
            cwd=self.folder / folder,
            env={**inherited, "PYTHONWARNINGS": "error", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def doit(
        self, *arguments: str, code: int | None = 0, folder: str = ".", **environment: str
    ) -> Said:
        """Type doit with arguments; the exit code must be `code`, unless that is None."""
        process = self.start(*arguments, folder=folder, **environment)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        said = Said(process.returncode, out, err)
        assert code is None or said.code == code, f"exit {said.code}\n{out}\n{err}"
        return said

    def kill_when(self, ready: Callable[[], bool], *arguments: str) -> None:
        """Start doit, and kill -9 it with all its children as soon as something is so."""
        process = self.start(*arguments)
        try:
            wait_until(ready)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=DEADLINE_SECONDS)


def wait_until(ready: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as something is so; fail if it is not by the deadline."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "not so within the deadline"
        time.sleep(0.005)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project that datamake builds."""
    return Project(tmp_path)


@pytest.fixture
def anyones() -> Iterator[Project]:
    """A project that everybody may reach, not in a folder that is its owner's alone."""
    folder = Path(f"/tmp/datamake-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir()
    try:
        yield Project(folder)
    finally:
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)
