"""Targets that are links: written through, or replaced, and nothing that they lead to is lost."""

from __future__ import annotations

import os
import re

import pytest

from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo, staging_folders

COPY = """
    def write(path, mode="w"):
        with open(path, mode) as file:
            file.write(turn())

    def staged(targets):
        write(targets[0])

    def in_place():
        write("t")

    def adding():
        write("t", "a")

    def updating(targets, changed):
        write(targets[0], "a")

    def updating_in_place(changed):
        write("t", "a")

    def task_t():
        return {{"file_dep": ["turn"], "targets": ["t"], "actions": [{action}]}}

    def task_reader():
        return {{"file_dep": ["t"], "targets": ["copy"], "actions": ["cp t %(targets)s"]}}

    def task_other():
        return {{"file_dep": ["raw/in.txt"], "targets": ["made"], "actions": ["touch %(targets)s"]}}
"""

ACTIONS = ["staged", "in_place", "adding", "updating", "updating_in_place"]


def begun(project: Project, action: str) -> None:
    dodo(project, COPY.format(action=action))
    project.write("raw/in.txt", "raw")
    project.write("turn", "one")


def kept_link(project: Project, out: str, words: str) -> str:
    """What the link that is said to be kept says."""
    lines = re.findall(r"^ +t (.*); that link is kept as (\S+)$", out, re.M)
    assert [why for why, _ in lines] == [words], out
    place: str = lines[0][1]
    return os.readlink(project.folder / place)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_link_in_the_place_of_a_built_file_is_never_written_through(
    project: Project, action: str
) -> None:
    begun(project, action)
    project.write("elsewhere.txt", "not declared")
    project.doit()
    for led_to, content in (("raw/in.txt", "raw"), ("elsewhere.txt", "not declared")):
        (project.folder / "t").unlink()
        (project.folder / "t").symlink_to(led_to)
        said = project.doit()
        assert kept_link(project, said.out, f"became a link to {led_to}") == led_to
        assert project.read(led_to) == content
        assert not (project.folder / "t").is_symlink()
        assert project.read("t") == (content if action.startswith("upd") else "") + "one"
        assert "3 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


@pytest.mark.parametrize("action", ["staged", "in_place"])
@pytest.mark.parametrize("led_to", ["raw/in.txt", "made", "raw"])
def test_a_link_to_what_other_stages_declare_is_never_written_through(
    project: Project, action: str, led_to: str
) -> None:
    begun(project, action)
    project.doit("other")
    (project.folder / "t").symlink_to(led_to)
    said = project.doit()
    assert kept_link(project, said.out, f"was a link to {led_to} before the first build") == led_to
    assert project.read("raw/in.txt") == "raw"
    assert project.read("made") == ""
    assert project.read("t") == "one"
    assert "3 up to date" in project.doit().out


def test_what_is_declared_by_way_of_another_link_is_known(project: Project) -> None:
    project.write("store/raw/in.txt", "raw")
    (project.folder / "raw").symlink_to("store/raw")
    begun(project, "staged")
    (project.folder / "t").symlink_to("store/raw/in.txt")
    assert "that link is kept" in project.doit().out
    assert project.read("store/raw/in.txt") == "raw"


@pytest.mark.parametrize("action", ["staged", "in_place"])
def test_a_link_that_was_there_is_written_through_and_may_be_led_elsewhere(
    project: Project, action: str
) -> None:
    begun(project, action)
    link = project.folder / "t"
    project.write("store/old", "")
    for turn, version in (("one", "v1"), ("two", "v1"), ("three", "v2")):
        project.write("turn", turn)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(f"store/{version}")
        said = project.doit()
        assert f"         t is a link: written to store/{version}\n" in said.out
        assert "kept" not in said.out
        assert os.readlink(link) == f"store/{version}"
        assert project.read(f"store/{version}") == turn
        assert "3 up to date" in project.doit().out
    assert project.read("store/v1") == "two"


@pytest.mark.parametrize("where", ["targets[0]", '"data/soft"'])
def test_a_link_that_the_action_makes_is_made_anew_and_comes_back_as_a_link(
    project: Project, where: str
) -> None:
    dodo(
        project,
        f"""
        def soft(targets):
            os.symlink("../store/" + turn(), {where})
            assert not os.path.exists("bad")

        def task_soft():
            return {{"file_dep": ["turn"], "targets": ["data/soft"], "actions": [soft]}}
        """,
    )
    project.write("store/v1", "1")
    project.write("store/v2", "2")
    link = project.folder / "data/soft"
    link.parent.mkdir()
    for turn in ("v1", "v2", "v1"):
        project.write("turn", turn)
        said = project.doit()
        assert "kept" not in said.out
        assert "written to" not in said.out
        assert os.readlink(link) == f"../store/{turn}"
        assert "1 up to date" in project.doit().out
    project.write("turn", "v2")
    project.write("bad", "")
    for _ in range(2):
        project.doit(code=None)
        assert os.readlink(link) == "../store/v1"
    assert project.read("store/v1") == "1"
    assert staging_folders(project.folder) == []


def test_a_link_comes_back_after_a_kill(project: Project) -> None:
    begun(project, "in_place, lambda: pause('end') if os.path.exists('slow') else None")
    project.doit()
    (project.folder / "t").unlink()
    (project.folder / "t").symlink_to("raw/in.txt")
    project.write("slow", "")
    project.kill_when((project.folder / "end.started").exists, "t")
    assert project.read("t") == "one"
    project.doit("other")
    assert os.readlink(project.folder / "t") == "raw/in.txt"
    assert project.read("raw/in.txt") == "raw"
    assert staging_folders(project.folder) == []
