"""Where all stages are fresh that is proved at once; any change has them looked at one by one."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Project

# Few stages, taken for many; `note("looked")` tells that each of them is looked at by itself.
HEAD = """
    import datamake.makers, datamake.overall
    import settings

    datamake.overall.FEWEST = 1
    really = datamake.makers.Makers.__init__

    def looked(self, tasks, root):
        if tasks and not hasattr(settings, "looked"):
            settings.looked = True
            note("looked")
        really(self, tasks, root)

    datamake.makers.Makers.__init__ = looked
"""

DODO = """
    def copy(dependencies, targets, n=0):
        note(os.path.basename(targets[0]))
        text = pathlib.Path(dependencies[0]).read_text()
        pathlib.Path(targets[0]).write_text(text + str(settings.SIZE + n))

    def task_copy(last: int = 0):
        for number in range(2 + last):
            yield {"name": number, "file_dep": ["raw.txt"], "targets": [f"{number}.txt"],
                   "actions": [copy]}

    def task_renamed():
        yield {"basename": "twice", "file_dep": ["0.txt"], "targets": ["twice.txt"],
               "actions": [(copy, [], {"n": 2})]}
"""

ALL = ["looked", "0.txt", "1.txt", "twice.txt"]


@pytest.fixture
def built(project: Project) -> Project:
    """A project that is built, and of which it is noted that all is fresh."""
    project.write("raw.txt", "raw")
    project.write("settings.py", "SIZE = 1")
    project.dodo(HEAD + DODO)
    project.doit()
    assert project.ran() == ALL
    assert_proved_at_once(project, 3)
    return project


def assert_proved_at_once(project: Project, count: int) -> None:
    """Type doit until nothing is looked at by itself: files may be younger than the clock tells."""
    for _ in range(4):
        assert f"{count} up to date" in project.doit().out
        looked = project.ran()
        if not looked:
            return
        assert looked == ["looked"]
    raise AssertionError("every stage is still looked at")


def edited(name: str, old: str, new: str) -> Callable[[Project], object]:
    return lambda project: project.write(name, project.read(name).replace(old, new))


def replaced(project: Project) -> None:
    """Put an equal file in the place of a target."""
    (project.folder / "equal").write_text(project.read("1.txt"))
    os.replace(project.folder / "equal", project.folder / "1.txt")


@pytest.mark.parametrize(
    ("change", "ran"),
    [
        (edited("raw.txt", "raw", "new"), ALL),
        (edited("1.txt", "raw", "mine"), ["looked", "1.txt"]),
        (edited("settings.py", "1", "2"), ALL),
        (edited("dodo.py", "SIZE + n", "SIZE - n"), ALL),
        (edited("dodo.py", '{"n": 2}', '{"n": 3}'), ["looked", "twice.txt"]),
        (edited("dodo.py", '"twice"', '"other"'), ["looked", "twice.txt"]),
        (edited("dodo.py", '"name": number', '"name": -number'), ["looked", "1.txt"]),
        (edited("dodo.py", "task_copy", "task_other"), ALL[:3]),
        (edited("dodo.py", "range(2", "range(3"), ["looked", "2.txt"]),
        (lambda project: (project.folder / "1.txt").unlink(), ["looked", "1.txt"]),
        (replaced, ["looked"]),
        (lambda project: os.utime(project.folder / "raw.txt", (1, 1)), ["looked"]),
        (lambda project: project.doit("forget", "copy:1"), ["looked", "1.txt"]),
    ],
)
def test_any_change_is_seen(
    built: Project, change: Callable[[Project], object], ran: list[str]
) -> None:
    change(built)
    built.ran()
    built.doit()
    assert built.ran() == ran
    assert_proved_at_once(built, 4 if "2.txt" in ran else 3)


def test_what_no_task_makes_any_more_is_said_each_time(built: Project) -> None:
    edited("dodo.py", "range(2", "range(1")(built)
    for _ in range(4):
        assert "no task makes 1.txt any more" in built.doit().err
        assert built.ran() == ["looked"]
    built.doit("clean", "--orphans")
    built.ran()
    assert_proved_at_once(built, 2)


def test_what_is_ignored_is_said_each_time(built: Project) -> None:
    built.doit("ignore", "copy:1")
    built.ran()
    for _ in range(3):
        assert "ignored  copy:1" in built.doit().out
        assert built.ran() == ["looked"]


def test_what_fails_is_tried_each_time(built: Project) -> None:
    edited("dodo.py", "text = pathlib", "raise ValueError; text = pathlib")(built)
    for _ in range(3):
        built.doit(code=2)
        assert built.ran() == ["looked", "0.txt"]


def test_what_is_asked_for_by_name_is_looked_at(built: Project) -> None:
    assert built.doit("copy:1").out.startswith("1 up to date")
    assert built.ran() == ["looked"]
    assert built.doit("last=1").out.startswith("built    copy:2")
    assert built.ran() == ["looked", "2.txt"]
    assert built.doit("-a").code == 0
    assert built.ran() == ALL
