"""doit stays doit: groups and sub-tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


SUB_TASKS = """
    def step(name, targets):
        note(name)
        make(targets)

    def task_part():
        '''Make the parts.'''
        for name in ("a", "b"):
            yield {
                "name": name,
                "file_dep": ["source.txt"],
                "targets": [f"{name}.txt"],
                "actions": [(step, [name])],
            }

    def task_whole():
        return {
            "file_dep": ["a.txt", "b.txt"],
            "targets": ["whole.txt"],
            "actions": [(step, ["whole"])],
        }

    def task_all():
        return {"actions": None, "task_dep": ["part", "whole"]}
"""


def test_sub_tasks_are_built_by_group_by_name_and_by_wild_card(both: SideBySide) -> None:
    both.dodo(SUB_TASKS)
    both.write("source.txt", "1")
    assert both.doit("part:b") == ["b"]
    assert both.doit("part") == ["a"]
    assert both.doit("all") == ["whole"]
    assert both.doit() == []
    both.write("source.txt", "2")
    assert both.doit("p*:a") == ["a"]
    assert both.doit("a*l") == ["b"]


def test_a_group_of_groups_runs_what_all_its_members_need(both: SideBySide) -> None:
    both.dodo(
        """
        def task_outer():
            return {"actions": None, "task_dep": ["middle", "inner:x"]}

        def task_middle():
            return {"actions": None, "task_dep": ["inner"]}

        def task_inner():
            for name in "xyz":
                yield {"name": name, "actions": [(note, [name])]}
        """
    )
    assert sorted(both.doit("outer")) == ["x", "y", "z"]
    assert sorted(both.doit("middle")) == ["x", "y", "z"]


def test_generators_within_generators_base_names_and_empty_groups(both: SideBySide) -> None:
    both.dodo(
        """
        def some(kind):
            '''Some of a kind.'''
            for name in "12":
                yield {"basename": kind, "name": name, "actions": [(note, [kind + name])]}

        def task_many():
            yield some("red")
            yield some("blue")
            yield {"basename": "alone", "actions": [(note, ["alone"])]}

        def task_documented():
            yield {"name": None, "doc": "of the group", "task_dep": ["alone"]}
            yield {"name": "member", "actions": [(note, ["member"])]}

        def task_empty():
            '''A group without members.'''
            yield from ()

        def task_none():
            return None
        """
    )
    assert sorted(both.doit("red", "blue:1")) == ["blue1", "red1", "red2"]
    assert both.doit("alone") == ["alone"]
    assert sorted(both.doit("documented")) == ["alone", "member"]
    assert both.doit("empty") == []
    both.doit("none", code=3)
    assert "documented          of the group" in both.same("list", "--all")


def test_tasks_made_by_objects_and_as_task_instances(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.task import Task, dict_to_task

        def maker(name):
            class Maker:
                def create_doit_tasks(self):
                    return {"actions": [(note, [name])]}

            return Maker()

        made_by_object = maker("object")

        def from_function():
            return {"actions": [(note, ["function"])]}

        from_function.create_doit_tasks = from_function
        from_function.basename = "renamed"

        def task_instance():
            return dict_to_task({"name": "instance", "actions": [(note, ["instance"])]})

        def task_instances():
            yield Task("first", [(note, ["first"])])
            yield Task("second", [(note, ["second"])], file_dep=["dodo.py"])
        """
    )
    assert sorted(both.doit()) == ["first", "function", "instance", "object", "second"]
    assert both.doit("made_by_object", "renamed", "second") == ["object", "function"]


def test_single_builds_a_task_alone_and_a_group_with_its_members(both: SideBySide) -> None:
    both.dodo(SUB_TASKS)
    both.write("source.txt", "1")
    both.doit()
    both.write("source.txt", "2")
    assert both.doit("-s", "whole") == []
    assert sorted(both.doit("-s", "part")) == ["a", "b"]


def test_single_leaves_out_what_the_members_of_a_group_need(both: SideBySide) -> None:
    both.dodo(
        """
        def task_before():
            return {"actions": [(note, ["before"])]}

        def task_group():
            for name in "ab":
                yield {"name": name, "actions": [(note, [name])], "task_dep": ["before"]}
        """
    )
    assert sorted(both.doit("group")) == ["a", "b", "before"]
    assert sorted(both.doit("-s", "group")) == ["a", "b"]
    assert both.doit("-s", "group:a") == ["a"]


def test_the_letter_of_a_group_is_that_of_its_least_fresh_member(project: Project) -> None:
    """As in plain doit every group is `R`, this is an improvement."""
    project.dodo(
        """
        def make(targets):
            pathlib.Path(targets[0]).write_text("x")

        def task_outer():
            return {"actions": None, "task_dep": ["inner"]}

        def task_inner():
            for name in "ab":
                yield {"name": name, "file_dep": [f"{name}.in"], "targets": [f"{name}.out"],
                       "actions": [make]}

        def task_empty():
            yield from ()
        """
    )
    project.write("a.in", "1")
    project.write("b.in", "1")

    def letters() -> str:
        lines = project.doit("list", "-s", "--all", "--sort", "definition").out.splitlines()
        return " ".join(line[0] for line in lines)

    assert letters() == "R R R R U"
    project.doit("inner:a")
    assert letters() == "R R U R U"
    project.doit()
    assert letters() == "U U U U U"
    project.doit("ignore", "inner:b")
    assert letters() == "I I U I U"
    (project.folder / "a.in").unlink()
    assert letters() == "E E E I U"
