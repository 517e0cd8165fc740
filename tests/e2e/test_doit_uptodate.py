"""doit stays doit: what `uptodate` may hold, and doit's shipped entries for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


def test_values_callables_tuples_and_shell_commands(both: SideBySide) -> None:
    both.dodo(
        """
        def flag():
            return os.path.exists("flag")

        def with_task(task, values):
            return task.name.endswith("two") and values == {}

        def with_arguments(task, values, first, second=None):
            return flag() and (first, second) == (1, 2)

        class Checked:
            def __call__(self):
                return flag()

            def configure_task(self, task):
                task.file_dep.add("dodo.py")

        def task_it():
            entries = {
                "true": [True],
                "false": [False],
                "none": [None],
                "all-of-them": [True, None, flag],
                "callable": [flag],
                "object": [Checked()],
                "lambda": [lambda: flag()],
                "two": [with_task],
                "tuple": [(with_arguments, [1], {"second": 2})],
                "short-tuple": [(lambda x: x == 1, [1])],
                "command": ["test -e flag"],
            }
            for name, uptodate in entries.items():
                yield {"name": name, "actions": [(note, [name])], "uptodate": uptodate}
        """
    )
    always = {"false", "none"}
    until_flag = {"all-of-them", "callable", "object", "lambda", "tuple", "command"}
    assert set(both.doit()) == always | until_flag
    assert set(both.doit()) == always | until_flag
    both.write("flag", "")
    assert set(both.doit()) == always
    for project in (both.ours, both.plain):
        assert "dodo.py" in project.doit("info", "--no-status", "it:object")


def test_uptodate_true_does_not_hide_a_changed_input_or_a_missing_target(
    both: SideBySide,
) -> None:
    both.dodo(
        """
        def task_it():
            return {"uptodate": [True], "file_dep": ["in.txt"], "targets": ["out.txt"],
                    "actions": [make, (note, ["it"])]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit() == ["it"]
    assert both.doit() == []
    both.write("in.txt", "2")
    assert both.doit() == ["it"]
    both.remove("out.txt")
    assert both.doit() == ["it"]


def test_a_target_without_a_record_is_built_whatever_uptodate_says_unlike_in_plain_doit(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_it():
            return {"uptodate": [True], "targets": ["out.txt"],
                    "actions": ["echo it >> ran.log; echo good > %(targets)s"]}
        """
    )
    project.write("out.txt", "somebody's")
    said = project.doit()
    assert project.ran() == ["it"]
    assert project.read("out.txt") == "good\n"
    assert "out.txt was there before the first build; that file is kept as" in said


def test_a_target_without_inputs_is_not_built_for_ever_unlike_in_plain_doit(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_it():
            return {"targets": ["out.txt"], "actions": ["echo it >> ran.log; touch %(targets)s"]}
        """
    )
    project.doit()
    project.doit()
    assert project.ran() == ["it"]


SHIPPED = """
    import datetime
    from doit.tools import config_changed, result_dep, run_once, timeout

    settings = dict(line.split("=") for line in pathlib.Path("settings.txt").read_text().split())

    def task_run_once():
        return {"actions": [(note, ["once"]), ["touch", "once.txt"]], "targets": ["once.txt"],
                "uptodate": [run_once]}

    def task_config_dict():
        return {"actions": [(note, ["dict"])], "uptodate": [config_changed(settings)]}

    def task_config_text():
        return {"actions": [(note, ["text"])], "uptodate": [config_changed(settings["b"])]}

    def task_soon():
        return {"actions": [(note, ["soon"])], "uptodate": [timeout(0)]}

    def task_late():
        return {"actions": [(note, ["late"])],
                "uptodate": [timeout(datetime.timedelta(hours=9))]}

    def task_both():
        return {"actions": [(note, ["both"])], "file_dep": ["in.txt"],
                "uptodate": [config_changed(settings), run_once]}
"""


def test_run_once_config_changed_and_timeout(both: SideBySide) -> None:
    both.dodo(SHIPPED)
    both.write("settings.txt", "a=1\nb=2")
    both.write("in.txt", "1")
    assert sorted(both.doit()) == ["both", "dict", "late", "once", "soon", "text"]
    assert both.doit() == ["soon"]
    both.write("settings.txt", "b=2\na=1")
    assert both.doit() == ["soon"]
    both.write("settings.txt", "a=2\nb=2")
    assert sorted(both.doit()) == ["both", "dict", "soon"]
    both.write("in.txt", "2")
    both.remove("once.txt")
    assert sorted(both.doit()) == ["both", "once", "soon"]
    both.doit("forget", "run_once", "late", "config_text")
    assert sorted(both.doit()) == ["late", "once", "soon", "text"]


def test_an_entry_that_is_false_is_named_where_people_look(project: Project) -> None:
    project.dodo(SHIPPED)
    project.write("settings.txt", "a=1\nb=2")
    project.write("in.txt", "1")
    project.doit()
    project.write("settings.txt", "a=2\nb=2")
    assert "uptodate is false: config_changed" in project.doit("why", "config_dict")
    assert "uptodate is false: config_changed" in project.doit("info", "both", code=1)
    assert "uptodate is false: timeout" in project.doit("run", "--dry-run", "soon")
    assert "R soon" in project.doit("list", "-s")


def test_check_timestamp_unchanged(both: SideBySide) -> None:
    both.dodo(
        """
        import operator
        from doit.tools import check_timestamp_unchanged

        def task_watch():
            return {"actions": [(note, ["watch"])],
                    "uptodate": [check_timestamp_unchanged("it.txt")]}

        def task_older():
            return {"actions": [(note, ["older"])],
                    "uptodate": [check_timestamp_unchanged("it.txt", "mtime", operator.ge)]}
        """
    )
    both.write("it.txt", "1")

    def stamp(seconds: int) -> None:
        for project in (both.ours, both.plain):
            os.utime(project.folder / "it.txt", (seconds, seconds))

    stamp(1000)
    assert sorted(both.doit()) == ["older", "watch"]
    assert both.doit() == []
    stamp(900)
    assert both.doit() == ["watch"]
    stamp(2000)
    assert sorted(both.doit()) == ["older", "watch"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("lambda: 1 / 0", "ZeroDivisionError: division by zero"),
        ("check_timestamp_unchanged('gone.txt')", "gone.txt"),
        ("config_changed([1])", "Invalid type of config_changed parameter got"),
    ],
)
def test_an_entry_that_raises_is_told_in_one_line(project: Project, entry: str, words: str) -> None:
    project.dodo(
        f"""
        from doit.tools import check_timestamp_unchanged, config_changed

        def task_first():
            return {{"actions": [(note, ["first"])]}}

        def task_it():
            return {{"actions": [(note, ["it"])], "uptodate": [{entry}]}}
        """
    )
    project.write("gone.txt", "")
    project.doit(code=None)
    (project.folder / "gone.txt").unlink()
    project.ran()
    said = project.doit(code=2)
    assert project.ran() == ["first"]
    assert words in said
    assert "uptodate of it" in said
    assert "Traceback" not in said
    for command in (["list", "-s"], ["run", "--dry-run"]):
        said = project.doit(*command, code=3)
        assert words in said.err
        assert len(said.err.splitlines()) == 1


def test_an_entry_of_a_wrong_kind_is_refused(both: SideBySide) -> None:
    both.dodo(
        """
        def task_it():
            return {"actions": [(note, ["it"])], "uptodate": [{"a": 1}]}
        """
    )
    assert both.doit(code=3) == []


def test_values_that_an_entry_saves_itself(both: SideBySide) -> None:
    both.dodo(
        """
        def version_is_the_same(task, values):
            version = pathlib.Path("version.txt").read_text()
            task.value_savers.append(lambda: {"version": version})
            return values.get("version") == version

        def task_it():
            return {"actions": [(note, ["it"])], "uptodate": [version_is_the_same]}
        """
    )
    both.write("version.txt", "1")
    assert both.doit() == ["it"]
    assert both.doit() == []
    both.write("version.txt", "2")
    assert both.doit() == ["it"]
