"""doit stays doit: task_dep, setup, teardown, wild cards, and how tasks are selected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


def test_task_dep_orders_tasks_but_does_not_make_them_stale(both: SideBySide) -> None:
    both.dodo(
        """
        def task_last():
            return {"actions": [(note, ["last"])], "task_dep": ["te*", "first"],
                    "file_dep": ["input.txt"]}

        def task_first():
            return {"actions": [(note, ["first"])]}

        def task_tests():
            for name in "ab":
                yield {"name": name, "actions": [(note, [name])]}
        """
    )
    both.write("input.txt", "1")
    ran = both.doit()
    assert sorted(ran) == ["a", "b", "first", "last"]
    assert ran[-1] == "last"
    assert sorted(both.doit("last")) == ["a", "b", "first"]
    both.write("input.txt", "2")
    assert both.doit("-s", "last") == ["last"]


SET_UP = """
    def task_server():
        return {
            "actions": [(note, ["start"])],
            "teardown": [(note, ["stop"]), (note, ["cleaned"])],
        }

    def task_database():
        return {"actions": [(note, ["fill"])], "teardown": [(note, ["empty"])],
                "setup": ["server"]}

    def task_test():
        for name in "ab":
            yield {
                "name": name,
                "file_dep": [f"{name}.txt"],
                "actions": [(note, ["test-" + name])],
                "setup": ["database"],
                "teardown": [(note, ["after-" + name])],
            }

    DOIT_CONFIG = {"default_tasks": ["test"]}
"""


def test_setup_runs_only_for_what_is_stale_and_teardown_comes_last_in_reverse(
    both: SideBySide,
) -> None:
    both.dodo(SET_UP)
    both.write("a.txt", "1")
    both.write("b.txt", "1")
    ran = both.doit()
    assert ran[:2] == ["start", "fill"]
    assert sorted(ran[2:4]) == ["test-a", "test-b"]
    assert ran[4:] == [f"after-{name[-1]}" for name in ran[3:1:-1]] + ["empty", "stop", "cleaned"]
    assert both.doit() == []
    both.write("b.txt", "2")
    assert both.doit() == ["start", "fill", "test-b", "after-b", "empty", "stop", "cleaned"]


def test_teardown_runs_when_its_task_failed_and_tells_when_it_fails_itself(
    both: SideBySide,
) -> None:
    both.dodo(
        """
        def task_fails():
            return {"actions": [lambda: False], "teardown": [(note, ["after"]), "exit 3"],
                    "setup": ["needed"]}

        def task_needed():
            return {"actions": [(note, ["needed"])], "teardown": [(note, ["needed-no-more"])]}
        """
    )
    assert both.doit("fails", code=1) == ["needed", "after", "needed-no-more"]
    said = both.ours.doit("fails", code=1)
    assert "error: the teardown of fails failed: Command failed: 'exit 3' returned 3\n" in said.out


FAILING_TEARDOWN = """
    def refuse(what):
        raise ValueError(f"no {what} today")

    def stop(what):
        refuse(what)

    def task_raises():
        return {"actions": [(note, ["raises"])], "teardown": [(stop, ["stopping"])]}

    def task_says_no():
        return {"actions": [(note, ["says_no"])], "teardown": [lambda: False]}

    def task_last():
        return {"actions": [(note, ["last"])], "teardown": [(note, ["last-stopped"])]}
"""


def test_a_failing_teardown_says_task_cause_and_line(project: Project) -> None:
    project.dodo(FAILING_TEARDOWN)
    said = project.doit()
    assert project.ran() == ["raises", "says_no", "last", "last-stopped"]
    told = said.out.partition("3 built in")[2].partition("\n")[2]
    no, raises = told.strip().split("\n\n")
    assert no == (
        "error: the teardown of says_no failed: Python Task failed:"
        " task_says_no.<locals>.<lambda> returned False"
    )
    assert re.fullmatch(
        r"error: the teardown of raises failed: ValueError: no stopping today\n"
        r"  dodo.py:\d+, in stop\n      refuse\(what\)\n"
        r"  dodo.py:\d+, in refuse\n      raise ValueError\(f\"no \{what\} today\"\)",
        raises,
    ), raises
    plain = project.doit("run", "-r", "console", "raises")
    assert "the teardown of raises failed: ValueError: no stopping today" in plain


FAILING_SET_UP = """
    def task_broken():
        return {"actions": ["exit 1"]}

    def task_uses():
        return {"actions": [(note, ["uses"])], "setup": ["broken"]}

    def task_other():
        return {"actions": [(note, ["other"])]}
"""


def test_a_setup_task_that_fails_ends_the_run(both: SideBySide) -> None:
    both.dodo(FAILING_SET_UP)
    assert both.doit("uses", code=1) == []
    assert both.doit("other", "uses", code=1) == ["other"]


def test_what_a_failed_task_was_to_set_up_does_not_run_with_continue_unlike_in_plain_doit(
    project: Project,
) -> None:
    project.dodo(FAILING_SET_UP)
    said = project.doit("-c", "uses", "other", code=2)
    assert project.ran() == ["other"]
    assert "not run  uses  needs broken" in said


MADE = """
    def task_one():
        return {"targets": ["one.txt"], "file_dep": ["in.txt"], "actions": [make, (note, ["one"])]}

    def task_two():
        return {"targets": ["sub/two.txt", "also.txt"], "file_dep": ["one.txt"],
                "actions": ["mkdir -p sub", make, (note, ["two"])]}
"""


def test_a_target_selects_the_task_that_makes_it(both: SideBySide) -> None:
    both.dodo(MADE)
    both.write("in.txt", "1")
    assert both.doit("one.txt") == ["one"]
    assert both.doit("sub/two.txt", "one") == ["two"]
    assert both.doit("also.txt") == []


def test_several_selected_tasks_run_in_the_order_in_which_they_are_typed(
    both: SideBySide,
) -> None:
    both.dodo(
        """
        def task_many():
            for name in "abc":
                yield {"name": name, "actions": [(note, [name])]}
        """
    )
    assert both.doit("many:c", "many:a", "many:b", "many:a") == ["c", "a", "b"]
    assert both.plain.ran() == []


def test_tasks_that_need_each_other_are_refused_in_one_line(project: Project) -> None:
    project.dodo(
        """
        def task_hen():
            return {"actions": None, "task_dep": ["egg"]}

        def task_egg():
            return {"actions": [(note, ["egg"])], "setup": ["hen"]}
        """
    )
    said = project.doit(code=3)
    assert said.err == "ERROR: tasks need each other in a circle: hen → egg → hen\n"
    for command in (["list", "-s"], ["info", "hen"], ["run", "--dry-run"], ["why"]):
        said = project.doit(*command, code=3)
        assert "Traceback" not in said.err
        assert "hen" in said.err
    assert project.ran() == []


@pytest.mark.parametrize("what", ["task_dep", "setup", "calc_dep", "getargs", "result_dep"])
def test_a_dependency_on_a_task_that_is_not_there_is_refused(project: Project, what: str) -> None:
    declared = {
        "getargs": '"getargs": {"x": ("missing", "x")}',
        "result_dep": '"uptodate": [result_dep("missing")]',
    }.get(what, f'"{what}": ["missing"]')
    project.dodo(
        f"""
        from doit.tools import result_dep

        def task_it():
            return {{"actions": [(note, ["it"])], {declared}}}
        """
    )
    for command in (["run"], ["list", "-s"]):
        said = project.doit(*command, code=3)
        assert said.err.startswith("ERROR: "), said.err
        assert "missing" in said.err
        assert len(said.err.splitlines()) == 1
    assert project.ran() == []


FOLDER = """
    def listing(dependencies, targets):
        note("listing")
        names = sorted(os.listdir(dependencies[0]))
        texts = [pathlib.Path(dependencies[0], name).read_text() for name in names]
        pathlib.Path(targets[0]).write_text(" ".join(texts))

    def part(name, dependencies, targets):
        note(name)
        text = pathlib.Path(dependencies[0]).read_text()
        pathlib.Path(targets[0]).write_text(name + text)

    def task_listing():
        return {"file_dep": ["parts"], "targets": ["listing.txt"], "actions": [listing]}

    def task_part():
        for name in "ab":
            yield {"name": name, "file_dep": [f"{name}.in"], "targets": [f"parts/{name}.txt"],
                   "actions": [(part, [name])]}
"""


def test_who_reads_a_folder_comes_behind_those_that_make_files_in_it(project: Project) -> None:
    project.dodo(FOLDER)
    for name in ("a.in", "b.in"):
        project.write(name, "1")
    planned = project.doit("run", "--dry-run", "listing").out
    assert [line.split()[:2] for line in planned.splitlines()[:3]] == [
        ["run", "part:a"],
        ["run", "part:b"],
        ["run", "listing"],
    ]
    project.doit("listing")
    assert project.ran() == ["a", "b", "listing"]
    assert "3 up to date" in project.doit().out
    project.write("b.in", "2")
    assert "maybe    listing  waits for part:b" in project.doit("run", "--dry-run").out
    project.doit()
    assert project.ran() == ["b", "listing"]
    assert project.read("listing.txt") == "a1 b2"
    assert "3 up to date" in project.doit().out
