"""Actions that leave files open, until their process may open no more of them."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project

LEAKING = """
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    held = []

    def leave_open(targets, quietly):
        with open(targets[0], "w") as file:
            file.write("made")
        try:
            while True:
                held.append(open("/dev/null"))
        except OSError:
            if not quietly:
                raise

    def write(targets):
        with open(targets[0], "w") as file:
            file.write("made")

    def task_failing():
        return {"targets": ["failed"], "actions": [(leave_open, [], {"quietly": False})]}

    def task_built():
        return {"targets": ["built"], "actions": [(leave_open, [], {"quietly": True})]}

    def task_behind():
        return {"targets": ["behind"], "actions": [write]}
"""


@pytest.mark.parametrize("how", [[], ["-n", "1"], ["-n", "2", "-P", "thread"]])
def test_the_stages_behind_one_that_leaves_files_open_are_built(
    project: Project, how: list[str]
) -> None:
    project.dodo(LEAKING)
    said = project.doit(*how, "--continue", "failing", "built", "behind", code=2)
    assert "failing failed: OSError: [Errno 24] Too many open files: '/dev/null'" in said.out
    assert (project.read("built"), project.read("behind")) == ("made", "made")
    assert not project.exists("failed")
    assert not list(project.folder.glob(".datamake-*"))
