"""A project of pages, and what a run of it looked at and what it left out as proved fresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from tests.e2e.conftest import DEADLINE_SECONDS, Project

NUMBERS = range(4)

DODO = """
    import helping

    UNIT = "cm"

    def read(dependencies):
        return "".join(pathlib.Path(path).read_text() for path in dependencies)

    def part(number, mark, dependencies, targets):
        note(f"part:{number}")
        pathlib.Path(targets[0]).write_text(helping.marked(read(dependencies)) + mark)

    def task_part():
        for number in range(4):
            yield {"name": number, "file_dep": [f"raw{number}.txt"],
                   "targets": [f"part{number}.txt"], "actions": [(part, [number, ""])]}

    def page(name, dependencies, targets):
        note(name)
        pathlib.Path(targets[0]).write_text(read(dependencies) + UNIT)

    def task_page():
        for number in range(4):
            yield {"basename": f"page{number}", "file_dep": [f"part{number}.txt"],
                   "targets": [f"page{number}.txt"], "actions": [(page, [f"page{number}"])]}

    def task_book():
        return {"file_dep": ["page0.txt", "page1.txt"], "targets": ["book.txt"],
                "actions": ["echo book >> ran.log; cat %(dependencies)s > %(targets)s"]}
"""
ALL = [
    *(f"part:{number}" for number in NUMBERS),
    *(f"page{number}" for number in NUMBERS),
    "book",
]

HEAR = """
import json, os, sys
import datamake.process

if "BOOT" in os.environ:
    datamake.process.boot_id = lambda: os.environ["BOOT"]
import datamake.commands.run as run

prune = run.prune

def heard(tasks, *rest):
    left = prune(tasks, *rest)
    looked_at = [task.name for task in (tasks if left is None else left.tasks)]
    with open(os.environ["HEARD"], "w") as file:
        json.dump({"all": left is None, "looked_at": looked_at}, file)
    return left

run.prune = heard
from doit.doit_cmd import DoitMain
DoitMain.BIN_NAME = "doit"
sys.exit(DoitMain().run(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Looked:
    """What a run looked at (None if nothing could be left out), what ran, and what was said."""

    at: list[str] | None
    ran: list[str]
    said: str


def look(project: Project, *arguments: str, code: int = 0, **environment: str) -> Looked:
    """Type doit with arguments, and hear what it looks at; it must end with a code.

    BOOT in the environment names the boot of the machine that it takes itself to be in.
    """
    heard = project.folder / ".datamake-heard.json"
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", HEAR, *arguments],
        cwd=project.folder,
        env={**inherited, "PYTHONWARNINGS": "error", "HEARD": str(heard), **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    at = None
    if heard.exists():
        found = json.loads(heard.read_text())
        at = None if found["all"] else found["looked_at"]
        heard.unlink()
    return Looked(at, project.ran(), done.stdout + done.stderr)


def settle(project: Project, *arguments: str) -> None:
    """Build all there is, until every stage that can be proved fresh is."""
    for _ in range(2):
        project.doit(*arguments)
    project.ran()


def planned(project: Project, *arguments: str) -> tuple[set[str], set[str]]:
    """Return what a full look says would run, and what may follow."""
    lines = [line.split() for line in project.doit("run", "--dry-run", *arguments).out.splitlines()]
    would = {line[1] for line in lines if line[0] == "run"}
    return would, {line[1] for line in lines if line[0] == "maybe"}


def as_planned(project: Project, *arguments: str) -> list[str]:
    """Return what runs; it must be what a full look says, and behind it there is nothing to do."""
    would, may = planned(project, *arguments)
    looked = look(project, *arguments)
    ran = set(looked.ran)
    assert would <= ran <= would | may, f"{looked.said}\nplanned {would}, perhaps {may}"
    assert look(project, *arguments).ran == []
    return looked.ran


def build_pages(project: Project) -> Project:
    """Write four raw files, each with a part and a page; a book of two pages. Build all."""
    project.write("helping.py", "def marked(text):\n    return f'[{text}]'\n")
    for number in NUMBERS:
        project.write(f"raw{number}.txt", f"raw {number}")
    project.dodo(DODO)
    settle(project)
    assert look(project).at == []
    return project
