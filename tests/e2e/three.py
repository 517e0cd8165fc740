"""A project of three stages, from raw data to a sum, whose history is told in tests."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from blake3 import blake3

from tests.e2e.conftest import Project

DODO = """
    FACTOR = 2

    def lines(path):
        return pathlib.Path(path).read_text().split()

    def tidy(dependencies, targets):
        rows = [str(int(row)) for row in lines(dependencies[0])]
        pathlib.Path(targets[0]).write_text("\\n".join(rows))

    def scale(dependencies, targets, by):
        rows = [str(FACTOR * by * int(row)) for row in lines(dependencies[0])]
        pathlib.Path(targets[0]).write_text("\\n".join(rows))

    def task_tidy():
        return {"file_dep": ["raw.txt"], "targets": ["data/tidy.txt"], "actions": [tidy]}

    def task_scaled(by: int = 1):
        return {"file_dep": ["data/tidy.txt"], "targets": ["data/scaled.txt"],
                "actions": [(scale, [], {"by": by})]}

    def task_total():
        return {"file_dep": ["data/scaled.txt", "header.txt"], "targets": ["total.txt"],
                "actions": ["cat header.txt > %(targets)s; awk '{s+=$1} END {print s}'"
                            " data/scaled.txt >> %(targets)s"]}
"""


def three(project: Project) -> None:
    """Write raw data, tidy, scaled and total; nothing is built."""
    project.write("raw.txt", "1\n2\n3\n")
    project.write("header.txt", "total\n")
    project.dodo(DODO)


def edit(project: Project, before: str, after: str) -> None:
    """Replace something in the dodo.py."""
    text = project.read("dodo.py")
    assert before in text
    (project.folder / "dodo.py").write_text(text.replace(before, after), encoding="utf-8")


def digest(project: Project, name: str) -> str:
    """Return the content digest of a file, taken here anew."""
    return str(blake3((project.folder / name).read_bytes()).hexdigest())


def answer(project: Project, *arguments: str, **options: Any) -> Any:
    """Type doit with `--json`, and return the document that it answers with."""
    said = project.doit(*arguments, "--json", **options)
    assert said.err == ""
    document = json.loads(said.out)
    assert document.pop("version") == 1
    return document


def columns(text: str) -> list[list[str]]:
    """Return the cells of a table below its heading."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()[1:]]


def commit(project: Project, message: str) -> str:
    """Commit the dodo.py to a git repository in the project's folder; return the commit."""
    git = ["git", "-c", "user.name=ada", "-c", "user.email=ada@host", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "dodo.py"], ["commit", "-q", "-m", message]):
        subprocess.run([*git, *words], cwd=project.folder, check=True)
    head = [*git, "rev-parse", "HEAD"]
    said = subprocess.run(head, cwd=project.folder, check=True, capture_output=True, text=True)
    return said.stdout.strip()
