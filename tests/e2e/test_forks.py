"""Actions that fork: what they start has its own end, and takes no part in the run."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project
from tests.e2e.waiting import staging_folders

WAYS = pytest.mark.parametrize("ways", [(), ("-n", "2"), ("-n", "2", "-P", "thread")])


@WAYS
def test_a_process_that_an_action_forks_ends_where_the_action_does(
    project: Project, ways: tuple[str, ...]
) -> None:
    project.dodo("""
        def fork(end, status, targets):
            child = os.fork()
            if not child:
                note("forked")
                end()
                return
            _, ended = os.waitpid(child, 0)
            pathlib.Path(targets[0]).write_text(f"{os.waitstatus_to_exitcode(ended)}")

        def breaks():
            raise ValueError("in the child")

        def task_fork():
            ends = {"returns": (lambda: None, 0), "breaks": (breaks, 1),
                    "exits": (lambda: sys.exit(3), 3), "says": (lambda: sys.exit("why"), 1)}
            for name, (end, status) in ends.items():
                yield {"name": name, "targets": [name], "actions": [(fork, [end, status])]}

        def task_behind():
            return {"task_dep": ["fork"], "actions": [(note, ["behind"])]}
    """)
    said = project.doit(*ways)
    assert project.ran() == ["forked"] * 4 + ["behind"]
    assert said.out.count("5 built") == 1
    assert {name: project.read(name) for name in project.files()} == {
        "returns": "0",
        "breaks": "1",
        "exits": "3",
        "says": "1",
    }
    assert "ValueError: in the child" in said.out + said.err
    assert staging_folders(project.folder) == []
