"""doit stays doit: clean, forget, ignore, reset-dep and dumpdb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


PROJECT = """
    from doit.task import clean_targets

    def step(name, targets):
        note(name)
        make(targets)

    def task_one():
        return {"file_dep": ["in.txt"], "targets": ["one.txt"], "actions": [(step, ["one"])],
                "clean": True}

    def task_two():
        return {"file_dep": ["one.txt"], "targets": ["two.txt"], "actions": [(step, ["two"])],
                "clean": [clean_targets, "echo clean-two >> ran.log"]}

    def cleaner(dryrun):
        note(f"clean-many-{dryrun}")

    def task_many():
        for name in "ab":
            yield {"name": name, "targets": [f"{name}.txt"], "file_dep": ["in.txt"],
                   "actions": [(step, [name])], "clean": [cleaner, (note, ["done-" + name])]}

    def task_no_clean():
        return {"targets": ["kept.txt"], "file_dep": ["in.txt"], "actions": [(step, ["kept"])]}
"""

FILES = ["a.txt", "b.txt", "in.txt", "kept.txt", "one.txt", "two.txt"]


def left(both: SideBySide) -> list[str]:
    """Return the files of both projects, which must be the same but for the records."""
    ours = both.ours.files()
    assert ours == [name for name in both.plain.files() if not name.startswith(".doit.db")]
    return ours


def test_clean_runs_clean_actions_and_removes_targets_and_nothing_else(both: SideBySide) -> None:
    both.dodo(PROJECT)
    both.write("in.txt", "1")
    both.doit()
    assert left(both) == FILES
    assert both.doit("clean", "-n", "-c", "two") == []
    assert left(both) == FILES
    assert both.doit("clean", "two") == ["clean-two"]
    assert left(both) == [name for name in FILES if name != "two.txt"]
    both.doit("two")
    assert both.doit("clean", "-c", "two") == ["clean-two"]
    assert left(both) == ["a.txt", "b.txt", "in.txt", "kept.txt"]
    assert both.doit("clean", "no_clean") == []
    assert both.doit("clean", "many:a") == ["clean-many-False", "done-a"]
    assert sorted(both.doit("clean", "--dry-run", "many")) == ["clean-many-True"] * 2
    assert sorted(both.doit("clean", "m*")) == ["clean-many-False"] * 2 + ["done-a", "done-b"]
    both.doit("clean", "unknown", code=3)
    assert left(both) == ["a.txt", "b.txt", "in.txt", "kept.txt"]


def test_clean_without_a_task_cleans_the_default_tasks_with_what_they_need(
    both: SideBySide,
) -> None:
    both.dodo(PROJECT + "\n    DOIT_CONFIG = {'default_tasks': ['two']}\n")
    both.write("in.txt", "1")
    both.doit("two", "many", "no_clean")
    assert both.doit("clean") == ["clean-two"]
    assert left(both) == ["a.txt", "b.txt", "in.txt", "kept.txt"]
    assert sorted(both.doit("clean", "-a")) == sorted(
        ["clean-two", *["clean-many-False"] * 2, "done-a", "done-b"]
    )
    assert both.doit("two") == ["one", "two"]


def test_clean_with_forget_forgets_what_was_cleaned(both: SideBySide) -> None:
    both.dodo(
        """
        def task_it():
            return {"file_dep": ["in.txt"], "actions": [(note, ["it"])], "clean": [(note, ["c"])]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit() == ["it"]
    assert both.doit("clean") == ["c"]
    assert both.doit() == []
    assert both.doit("clean", "-n", "--forget") == []
    assert both.doit() == []
    assert both.doit("clean", "--forget") == ["c"]
    assert both.doit() == ["it"]


def test_clean_actions_that_fail_say_so(project: Project) -> None:
    project.dodo(
        """
        def fails():
            raise ValueError("stuck")

        def task_it():
            return {"actions": [(note, ["it"])], "clean": [fails, "exit 3", (note, ["last"])]}
        """
    )
    said = project.doit("clean", code=None)
    assert "ValueError: stuck" in said.err
    assert "returned 3" in said.err
    assert project.ran() == ["last"]


def test_clean_leaves_what_was_edited_or_not_built_here_unlike_plain_doit(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_some():
            for name in ("built", "edited", "foreign"):
                yield {"name": name, "targets": [f"out/{name}.txt"], "clean": True,
                       "actions": [f"echo {name} > %(targets)s"]}
        """
    )
    project.doit("some:built", "some:edited")
    project.write("out/edited.txt", "by hand")
    project.write("out/foreign.txt", "by somebody")
    said = project.doit("clean")
    assert project.files() == ["out/edited.txt", "out/foreign.txt"]
    assert "left out/edited.txt: it was changed since it was built; --force removes it" in said
    assert "left out/foreign.txt: datamake did not build it; --force removes it" in said
    project.doit("clean", "--force")
    assert not project.exists("out")


def test_forget_makes_never_built_and_the_other_tasks_stay_fresh(both: SideBySide) -> None:
    both.dodo(PROJECT + "\n    DOIT_CONFIG = {'default_tasks': ['two', 'many', 'no_clean']}\n")
    both.write("in.txt", "1")
    both.doit()
    both.doit("forget", "one")
    assert both.doit() == ["one"]
    both.doit("forget", "many")
    assert sorted(both.doit()) == ["a", "b"]
    both.doit("forget", "many:a", "no_clean")
    assert sorted(both.doit()) == ["a", "kept"]
    both.doit("forget")
    assert sorted(both.doit()) == ["a", "b", "kept", "two"]
    both.doit("forget", "--disable-default")
    assert both.doit() == []
    both.doit("forget", "--all")
    assert sorted(both.doit()) == ["a", "b", "kept", "one", "two"]
    both.doit("forget", "unknown", code=3)


def test_forget_without_default_tasks_forgets_every_task(project: Project) -> None:
    """Plain doit stumbles here, though it documents `forget` of the default tasks: all."""
    project.dodo(
        'def task_it():\n    return {"actions": ["echo it >> ran.log; touch %(targets)s"],'
        '\n            "targets": ["it.txt"]}\n'
    )
    project.doit()
    assert "forgetting it" in project.doit("forget")
    project.doit()
    assert project.ran() == ["it", "it"]


def test_forget_says_of_each_sub_task_once_that_it_is_forgotten(project: Project) -> None:
    project.dodo(
        """
        def task_many():
            for name in "ab":
                yield {"name": name, "actions": [(note, [name])], "file_dep": ["dodo.py"]}
        """
    )
    project.doit()
    told = ["forgetting many", "forgetting many:a", "forgetting many:b"]
    assert project.doit("forget").out.splitlines() == told


@pytest.mark.parametrize("words", [["forget"], ["forget", "it"], ["ignore", "it"]])
def test_a_task_dep_that_is_not_there_is_told_in_one_line(
    project: Project, words: list[str]
) -> None:
    project.dodo('def task_it():\n    return {"actions": [], "task_dep": ["nope"]}\n')
    said = project.doit(*words, code=3)
    assert said.err == "ERROR: it. Task dependency 'nope' does not exist.\n"


def test_forget_follows_task_deps_setup_tasks_and_makers_of_inputs(project: Project) -> None:
    project.dodo(
        """
        def task_one():
            return {"targets": ["one.txt"], "actions": ["echo one >> ran.log; touch one.txt"]}

        def task_ready():
            return {"actions": [(note, ["ready"])], "file_dep": ["dodo.py"]}

        def task_before():
            return {"actions": [(note, ["before"])], "file_dep": ["dodo.py"]}

        def task_two():
            return {"file_dep": ["one.txt"], "actions": [(note, ["two"])], "setup": ["ready"],
                    "task_dep": ["before"]}
        """
    )
    project.doit()
    assert sorted(project.ran()) == ["before", "one", "ready", "two"]
    project.doit("forget", "-s", "two")
    project.doit("two")
    assert sorted(project.ran()) == ["before", "one", "ready", "two"]
    project.doit("forget", "--follow-sub", "one")
    project.doit("two")
    assert project.ran() == ["one"]


def test_ignore_passes_over_a_task_and_what_is_behind_it_until_it_is_forgotten(
    both: SideBySide,
) -> None:
    both.dodo(PROJECT)
    both.write("in.txt", "1")
    both.doit("ignore", "one", "many")
    assert both.doit() == ["kept"]
    said = both.ours.doit()
    assert [line for line in said.out.splitlines() if line.startswith("ignored")] == [
        f"ignored  {name}" for name in ("one", "two", "many:a", "many:b", "many")
    ]
    both.doit("forget", "one")
    assert both.doit() == ["one", "two"]
    both.doit("forget", "many")
    assert sorted(both.doit()) == ["a", "b"]
    both.doit("ignore")
    both.doit("ignore", "unknown", code=3)
    assert both.doit() == []


def test_reset_dep_takes_what_is_there_as_good(both: SideBySide) -> None:
    both.dodo(PROJECT)
    both.write("in.txt", "1")
    for name in FILES:
        both.write(name, "made elsewhere")
    for said in both.both("reset-dep"):
        assert "processed one" in said
    assert both.doit() == []
    both.write("in.txt", "2")
    for said in both.both("reset-dep", "many", "one"):
        assert {f"processed {name}" for name in ("many:a", "many:b", "one")} <= set(
            said.out.splitlines()
        )
    assert sorted(both.doit()) == ["kept"]
    both.remove("in.txt")
    for said in both.both("reset-dep", "one"):
        assert "failed one" in said
    both.doit("reset-dep", "unknown", code=3)


def test_reset_dep_after_another_way_to_compare_files(both: SideBySide) -> None:
    both.dodo(PROJECT)
    both.write("in.txt", "1")
    both.doit()
    by_time = "--check_file_uptodate=timestamp"
    both.both("reset-dep", by_time)
    assert both.doit(by_time) == []


def test_reset_dep_keeps_saved_values(both: SideBySide) -> None:
    both.dodo(
        """
        def task_source():
            return {"actions": [lambda: {"n": 7}], "file_dep": ["in.txt"]}

        def task_sink():
            return {"actions": [lambda n: note(f"n-{n}")], "getargs": {"n": ("source", "n")},
                    "file_dep": ["in.txt"]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit() == ["n-7"]
    both.write("in.txt", "2")
    both.doit("reset-dep", "source")
    assert both.doit() == ["n-7"]


def test_dumpdb_prints_a_json_object_a_record(project: Project) -> None:
    project.dodo(
        """
        def task_good():
            return {"actions": [lambda: {"n": 7}], "file_dep": ["in.txt"]}

        def task_bad():
            return {"actions": [lambda: False]}
        """
    )
    assert project.doit("dumpdb").out == ""
    project.write("in.txt", "1")
    project.doit(code=1)
    records = [json.loads(line) for line in project.doit("dumpdb").out.splitlines()]
    by_name = {record["stage"]: record for record in records}
    assert by_name["good"]["attempt"] == "built"
    assert list(by_name["good"]["inputs"]) == ["in.txt"]
    assert json.loads(by_name["good"]["values"]) == {"n": 7}
    assert by_name["bad"]["attempt"] == "failed"
