"""A file that one stage names in a folder and another one by another way to that is one file."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.conftest import Project

DODO = """
    import shutil

    def copy(dependencies, targets):
        note(targets[0].rpartition("/")[2])
        shutil.copy(list(dependencies)[0], targets[0])

    def task_late():
        return {"file_dep": ["READ"], "targets": ["late.txt"], "actions": [copy]}

    def task_early():
        return {"file_dep": ["raw.txt"], "targets": ["MADE"], "actions": [copy]}
"""
SPELLINGS = [
    ("linked/x.txt", "data/deep/x.txt"),
    ("data/deep/x.txt", "linked/x.txt"),
    ("other/deep/x.txt", "linked/x.txt"),
    ("away/data/deep/x.txt", "linked/x.txt"),
    ("data/deep/x.txt", "../{name}/data/deep/x.txt"),
    ("../{name}-data/x.txt", "{above}/{name}-data/x.txt"),
    ("{above}/{name}-data/x.txt", "../{name}-data/x.txt"),
]


@pytest.fixture
def linked(project: Project, read: str, made: str) -> Project:
    """A project with several ways to data/deep, whose reader is declared before the maker."""
    (project.folder / "data/deep").mkdir(parents=True)
    (project.folder / "linked").symlink_to("data/deep")
    (project.folder / "other").symlink_to(project.folder / "data")
    (project.folder / "away").symlink_to(project.folder.parent / project.folder.name)
    project.write("raw.txt", "1")
    names = {"name": project.folder.name, "above": project.folder.parent}
    project.dodo(DODO.replace("READ", read.format(**names)).replace("MADE", made.format(**names)))
    return project


@pytest.mark.parametrize(("read", "made"), SPELLINGS)
@pytest.mark.parametrize("at_once", ["1", "2"])
def test_the_reader_comes_behind_the_maker(linked: Project, at_once: str) -> None:
    linked.doit("run", "-n", at_once)
    assert linked.ran() == ["x.txt", "late.txt"]
    linked.write("raw.txt", "2")
    planned = linked.doit("run", "--dry-run").out.splitlines()
    assert [line.split()[:2] for line in planned[:-1]] == [["run", "early"], ["maybe", "late"]]
    linked.doit("run", "-n", at_once)
    assert linked.ran() == ["x.txt", "late.txt"]
    assert linked.read("late.txt") == "2"
    linked.doit("run", "-n", at_once)
    assert linked.ran() == []
    linked.write("raw.txt", "3")
    linked.doit("run", "-n", at_once, "late")
    assert linked.ran() == ["x.txt", "late.txt"]


@pytest.mark.parametrize(("read", "made"), [("linked", "data/deep/x.txt")])
def test_who_reads_a_folder_behind_a_link_needs_what_is_made_in_it(
    linked: Project, read: str, made: str
) -> None:
    shutil.copytree(linked.folder / "data/deep", linked.folder / "data/deep/empty")
    text = DODO.replace("READ", "other/deep").replace("MADE", made)
    linked.dodo(text.replace("shutil.copy(list(dependencies)[0], targets[0])", COUNT))
    linked.doit()
    assert linked.ran() == ["x.txt", "late.txt"]
    linked.write("raw.txt", "2")
    linked.doit()
    assert linked.ran() == ["x.txt", "late.txt"]


COUNT = 'pathlib.Path(targets[0]).write_text(pathlib.Path("raw.txt").read_text())'


@pytest.mark.parametrize(("read", "made"), [("raw.txt", "linked/x.txt")])
def test_a_target_that_is_spelled_otherwise_now_is_no_orphan(
    linked: Project, read: str, made: str
) -> None:
    linked.doit()
    linked.dodo(DODO.replace("READ", read).replace("MADE", "data/deep/x.txt"))
    linked.doit()
    linked.doit("clean", "--orphans")
    assert linked.read("data/deep/x.txt") == "1"
