"""The power fails: what was not yet on the disk is looked at again, and nothing else is."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from datamake.store import Store
from tests.e2e.conftest import ROOT, Project
from tests.e2e.waiting import dodo
from tests.unit.damage import cached_with_the_stamp_of_now, damage

# Files are opened to be hashed by one module; others open what was built to flush it.
STAGES = """
    def hear(event, arguments):
        if event == "open" and sys._getframe(1).f_globals["__name__"] == "datamake.hashing":
            os.write(hashed, f"{os.path.basename(arguments[0])}\\n".encode())

    hashed = os.open("hashed.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.addaudithook(hear)

    def make(targets):
        note("one")
        pathlib.Path(targets[0]).write_text("made")

    def read_it(dependencies, targets):
        note("two")
        if os.path.exists("slow"):
            pause("two")
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def task_one():
        return {"targets": ["one.txt"], "actions": [make]}

    def task_two():
        return {"file_dep": ["one.txt"], "targets": ["two.txt"], "actions": [read_it]}
"""

# Run by Python before anything else, where a folder with it is on its path.
ANOTHER_BOOT = """
    import datamake.process

    datamake.process.boot_id = lambda: "another boot"
"""


@pytest.fixture
def cut_off(project: Project) -> Project:
    """A project with its first stage built, by a run that came to no end, and then damaged.

    All that stat says of the target is as the store remembers it.
    """
    dodo(project, STAGES)
    project.write("slow", "")
    project.kill_when((project.folder / "two.started").exists)
    (project.folder / "two.started").unlink()
    (project.folder / "slow").unlink()
    damage(project.folder / "one.txt")
    with closing(Store.open(str(project.folder / ".datamake" / "store.sqlite"))) as store:
        cached_with_the_stamp_of_now(store, "one.txt", project.folder)
    project.ran()
    hashed(project)
    return project


def hashed(project: Project) -> list[str]:
    """Return the names of the files that were hashed since the last call."""
    log = project.folder / "hashed.log"
    names = sorted(log.read_text().split())
    log.unlink()
    return names


def another_boot(project: Project) -> str:
    """Return the PYTHONPATH with which doit takes the machine for one that was started anew."""
    folder = project.write("boot/sitecustomize.py", ANOTHER_BOOT).parent
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", str(ROOT))])


def test_content_that_was_lost_is_found_and_made_again(cut_off: Project) -> None:
    path = another_boot(cut_off)
    said = cut_off.doit(PYTHONPATH=path)
    assert "target changed since it was built: one.txt" in said
    assert cut_off.ran() == ["one", "two"]
    assert "one.txt" in hashed(cut_off)
    assert [cut_off.read(name) for name in ("one.txt", "two.txt")] == ["made", "made"]
    assert "2 up to date" in cut_off.doit(PYTHONPATH=path)


def test_as_long_as_the_machine_runs_nothing_is_hashed_again(cut_off: Project) -> None:
    assert "1 up to date" in cut_off.doit("one")
    assert cut_off.ran() == []
    assert hashed(cut_off) == []


def test_what_a_run_wrote_through_is_hashed_in_no_later_boot(project: Project) -> None:
    dodo(project, STAGES)
    project.doit()
    hashed(project)
    assert "2 up to date" in project.doit(PYTHONPATH=another_boot(project))
    assert hashed(project) == []
