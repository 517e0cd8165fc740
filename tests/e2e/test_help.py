"""`doit help`: of a task, of a sub-task, of what is not there, and with nobody to read it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.conftest import Project

TASKS = """
    def task_rows(n: int = 3):
        for part in ("a", "b"):
            yield {"name": part, "targets": [f"{part}.txt"], "actions": ["echo 1 > %(targets)s"]}
"""


def test_help_on_what_is_not_there_is_refused_in_one_line_with_the_nearest(
    project: Project,
) -> None:
    project.dodo(TASKS)
    said = project.doit("help", "rwos", code=3)
    assert said.err == (
        "ERROR: 'rwos' is neither a task nor a command: did you mean 'rows'?"
        " `doit help` shows the commands, `doit list` the tasks\n"
    )
    assert said.out == ""


def test_help_on_a_sub_task_shows_the_parameters_of_its_group(project: Project) -> None:
    project.dodo(TASKS)
    assert "`doit rows:a n=3`" in project.doit("help", "rows:a").out
    assert "n=3  int, the default" in project.doit("info", "rows:a", code=1).out


@pytest.mark.parametrize("words", [["help"], ["help", "run"], ["run", "-h"]])
def test_help_of_which_nobody_reads_the_end_is_no_error(project: Project, words: list[str]) -> None:
    project.dodo(TASKS)
    reader, writer = os.pipe()
    os.close(reader)
    doit = subprocess.run(
        [sys.executable, "-m", "doit", *words],
        cwd=project.folder,
        # What is written at once meets a reader who has gone.
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (doit.returncode, doit.stderr) == (0, b"")
