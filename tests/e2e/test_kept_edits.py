"""Targets that a person wrote or edited: they are rebuilt, and the edit is kept."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo, go_on, wait_for_pause

DODO = """
    def write(path):
        pathlib.Path(path).write_text(turn())

    def staged(targets):
        write(targets[0])

    def by_name():
        write("data/a.txt")

    def task_a():
        action = {action}
        return {{"file_dep": ["turn"], "targets": ["data/a.txt"], "actions": [action]}}
"""


def kept(project: Project, out: str) -> list[tuple[str, str]]:
    """What the report says of kept files: the reason, and the content of each."""
    lines = re.findall(r"^ +(.*); that (?:file|folder) is kept as (\S+)$", out, re.M)
    return [(why, project.read(place)) for why, place in lines]


def kept_files(project: Project) -> int:
    folder = project.folder / ".datamake" / "kept"
    return sum(1 for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("action", ["staged", "by_name"])
@pytest.mark.parametrize("checker", ["md5", "timestamp"])
def test_what_a_person_wrote_is_kept_and_what_was_built_is_not(
    project: Project, action: str, checker: str
) -> None:
    dodo(project, DODO.format(action=action))
    options = ["--check_file_uptodate", checker]

    project.write("turn", "first")
    project.write("data/a.txt", "from before")
    said = project.doit("run", *options)
    expected = [("data/a.txt was there before the first build", "from before")]
    assert kept(project, said.out) == expected

    project.write("data/a.txt", "edited")
    said = project.doit("run", *options)
    assert "target changed since it was built: data/a.txt" in said.out
    assert kept(project, said.out) == [("data/a.txt was edited by hand", "edited")]

    project.write("turn", "second")
    assert "kept" not in project.doit("run", *options).out
    project.write("data/a.txt", "edited")
    project.write("data/a.txt", "second")  # and back again
    assert "kept" not in project.doit("run", *options).out
    assert project.read("data/a.txt") == "second"
    assert kept_files(project) == 2


def test_what_is_as_it_is_going_to_be_built_is_not_kept(project: Project) -> None:
    dodo(project, DODO.format(action="staged"))
    project.write("turn", "content")
    project.write("data/a.txt", "content")
    assert "kept" not in project.doit().out
    assert kept_files(project) == 0


def test_an_edit_stays_where_it_is_when_the_build_fails(project: Project) -> None:
    dodo(project, DODO.format(action="staged"))
    project.write("turn", "content")
    project.doit()
    project.write("data/a.txt", "edited")
    (project.folder / "turn").write_bytes(b"\xff")
    project.doit(code=2)
    assert project.read("data/a.txt") == "edited"
    assert kept_files(project) == 0
    project.write("turn", "content")
    assert kept(project, project.doit().out) == [("data/a.txt was edited by hand", "edited")]


def test_an_edit_made_while_the_stage_runs_is_kept(project: Project) -> None:
    dodo(
        project,
        """
        def write(targets):
            pathlib.Path(targets[0]).write_text("built")
            pause("a")

        def task_a():
            return {"targets": ["a.txt"], "actions": [write]}
        """,
    )
    process = project.start()
    wait_for_pause(project, "a")
    project.write("a.txt", "edited meanwhile")
    go_on(project, "a")
    out, _ = process.communicate()
    assert [content for _, content in kept(project, out)] == ["edited meanwhile"]
    assert project.read("a.txt") == "built"
    assert "1 up to date" in project.doit().out


def test_an_edited_folder_is_kept_as_a_whole(project: Project) -> None:
    dodo(
        project,
        """
        def split(targets):
            os.makedirs(targets[0])
            pathlib.Path(targets[0], "part.txt").write_text(turn())

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["parts"], "actions": [split]}
        """,
    )
    project.write("turn", "1")
    project.doit()
    project.write("parts/mine.txt", "by hand")
    project.write("turn", "2")
    out = project.doit().out
    place = re.search(r"parts was edited by hand; that folder is kept as (\S+)\n", out)
    assert place is not None
    assert project.read(f"{place[1]}/mine.txt") == "by hand"
    assert project.read(f"{place[1]}/part.txt") == "1"
    assert project.files() == ["parts/part.txt", "turn"]


def test_what_lies_beside_a_target_is_kept_when_an_action_makes_it_anew(project: Project) -> None:
    project.dodo("""
        def write(targets):
            target = pathlib.Path(targets[0])
            target.write_text(pathlib.Path("turn").read_text())
            (target.parent / "plots").mkdir()
            for name in ("journal.txt", "plots/caf\\udce9.txt"):
                with open(target.parent / name, "a") as file:
                    file.write(pathlib.Path("turn").read_text())

        def task_a():
            return {"file_dep": ["turn"], "targets": ["data/a.txt"], "actions": [write]}
    """)
    project.write("turn", "1")
    project.write("data/journal.txt", "mine")
    project.write("data/plots/other.txt", "not touched")
    said = project.doit()
    assert kept(project, said.out) == [("data/journal.txt was there before", "mine")]
    assert project.read("data/journal.txt") == "1"
    for turn in "23":
        project.write("turn", turn)
        assert kept(project, project.doit().out) == []
    project.write("data/journal.txt", "mine again")
    project.write("turn", "4")
    assert kept(project, project.doit().out) == [
        ("data/journal.txt was there before", "mine again")
    ]
    project.write("data/journal.txt", "5")
    project.write("turn", "5")
    assert kept(project, project.doit().out) == []
    assert project.read("data/plots/other.txt") == "not touched"


def test_targets_of_one_name_are_kept_apart(project: Project) -> None:
    names = ["a/same.txt", "b/same.txt"]
    for name in names:
        project.write(name, f"{name} by hand")
    project.dodo(f"""
        def write(targets):
            for target in targets:
                pathlib.Path(target).write_text("built")

        def task_pair():
            return {{"targets": {names!r}, "actions": [write]}}
    """)
    found = kept(project, project.doit().out)
    assert [content for _, content in found] == [f"{name} by hand" for name in names]


def test_under_another_checker_nothing_is_said_to_have_been_edited(project: Project) -> None:
    dodo(project, DODO.format(action="staged"))
    project.write("turn", "first")
    project.doit()
    project.write("turn", "second")
    said = project.doit("--check_file_uptodate=timestamp")
    may = "data/a.txt may have been edited by hand, for it was recorded by another checker"
    assert kept(project, said.out) == [(may, "first")]
