"""A person knows that a change is harmless, and says so."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import Project

DODO = """
    def write(dependencies, targets):
        note("a")
        text = pathlib.Path(dependencies[0]).read_text()
        pathlib.Path(targets[0]).write_text(text{change})

    def task_a():
        return {{"file_dep": ["raw.txt"], "targets": ["a.txt"], "actions": [write]}}

    def copy(dependencies, targets):
        note("b")
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def task_b():
        return {{"file_dep": ["a.txt"], "targets": ["b.txt"], "actions": [copy]}}
"""


@pytest.fixture
def built(project: Project) -> Project:
    project.write("raw.txt", "raw")
    project.dodo(DODO.format(change=""))
    project.doit()
    project.ran()
    return project


def test_a_harmless_change_of_code_is_accepted_without_running(built: Project) -> None:
    built.dodo(DODO.format(change=".strip()"))
    dry = built.doit("accept", "--dry-run", "a")
    assert dry.out == "would accept a: action changed: dodo.py:write\n"
    assert "a is stale" in built.doit("why", "a").out
    said = built.doit("accept", "--reason", "strip changes nothing here", "a")
    assert said.out == "accepted a: action changed: dodo.py:write\n"
    assert "accepted without a build: strip changes nothing here" in built.doit("why", "a").out
    assert "2 up to date" in built.doit().out
    assert built.ran() == []


def test_a_changed_input_is_accepted_too(built: Project) -> None:
    built.write("raw.txt", "other")
    built.doit("accept", "a")
    assert "2 up to date" in built.doit().out
    assert built.read("a.txt") == "raw"
    built.write("raw.txt", "third")
    built.doit()
    assert built.ran() == ["a", "b"]


def test_what_waits_or_is_not_there_can_not_be_accepted(built: Project) -> None:
    built.write("raw.txt", "other")
    said = built.doit("accept", "b", code=1)
    assert said.out == "can't accept b: it waits for a\n"
    (built.folder / "a.txt").unlink()
    said = built.doit("accept", "a", code=1)
    assert said.out == "can't accept a: a.txt does not exist\n"
    (built.folder / "raw.txt").unlink()
    said = built.doit("accept", "a", code=1)
    assert said.out == "can't accept a: raw.txt, a.txt do not exist\n"


def test_what_is_up_to_date_is_said_to_be_nothing_to_accept(built: Project) -> None:
    said = built.doit("accept", "a", "b.txt")
    assert said.out == "nothing to accept: a, b would not run\n"


def test_accepting_needs_to_be_told_what(built: Project) -> None:
    assert "type `doit accept TASK`" in built.doit("accept", code=3).err


def test_the_version_of_a_package_counts_where_a_stage_says_so(project: Project) -> None:
    dodo = """
        def write(targets):
            note("a")
            pathlib.Path(targets[0]).write_text("1")

        def task_a():
            return {
                "targets": ["a.txt"], "actions": [write],
                "meta": {"datamake": {"depends_on": ["some-package"]}},
            }
    """
    project.dodo(dodo)
    project.doit()
    installed = project.folder / "lib/some_package-2.0.dist-info"
    project.write("lib/some_package-2.0.dist-info/METADATA", "Name: some-package\nVersion: 2.0\n")
    assert installed.is_dir()
    said = project.doit("why", "a", PYTHONPATH=f"lib:{os.environ.get('PYTHONPATH', '')}")
    assert "argument changed: version of some-package not installed → 2.0" in said.out
    assert "a is up to date" in project.doit("why", "a").out


def test_options_may_stand_behind_the_names(built: Project) -> None:
    built.dodo(DODO.format(change=".strip()"))
    dry = built.doit("accept", "a", "--dry-run")
    assert dry.out == "would accept a: action changed: dodo.py:write\n"
    said = built.doit("accept", "a", "--reason", "strip changes nothing here")
    assert said.out == "accepted a: action changed: dodo.py:write\n"
    assert "accepted without a build: strip changes nothing here" in built.doit("why", "a").out
    assert built.ran() == []
