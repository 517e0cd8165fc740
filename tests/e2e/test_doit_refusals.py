"""doit stays doit: exit codes, and what is told in one line instead of a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


def test_exit_codes_of_tasks_that_fail_and_of_tasks_that_break(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.exceptions import TaskError, TaskFailed

        def raises():
            raise ValueError("no luck")

        def task_it():
            for name, action in {
                "false": lambda: False,
                "failed": lambda: TaskFailed("as it says"),
                "error": lambda: TaskError("as it says"),
                "raises": raises,
                "number": lambda: 5,
                "true": lambda: True,
                "text": lambda: "text",
                "command-1": "exit 1",
                "command-125": "exit 125",
                "command-126": "exit 126",
                "no-command": "no-such-command-here",
                "list": ["false"],
            }.items():
                yield {"name": name, "actions": [action, (note, [name])]}
        """
    )
    failing = ("false", "failed", "command-1", "command-125", "list")
    breaking = ("error", "raises", "number", "command-126", "no-command")
    for name in failing:
        assert both.doit(f"it:{name}", code=1) == []
    for name in breaking:
        assert both.doit(f"it:{name}", code=2) == []
    assert both.doit("it:true", "it:text") == ["true", "text"]
    assert both.doit("-c", "it:false", "it:raises", code=2) == []
    assert both.doit("-c", "it:raises", "it:false", code=2) == []
    said = both.ours.doit("it:failed", code=1)
    assert "it:failed failed: as it says" in said
    assert "to try again: doit it:failed" in said


def test_a_task_that_is_not_there_is_refused_in_one_line_with_the_nearest(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_squares():
            return {"actions": [(note, ["squares"])], "targets": ["data/out.csv"]}
        """
    )
    end = "`doit list` shows the tasks\n"
    nothing = "is neither a task nor a target"
    for typed, words in {
        "sqares": f"'sqares' {nothing}: did you mean 'squares'? {end}",
        "data/ot.csv": f"'data/ot.csv' {nothing}: did you mean 'data/out.csv'? {end}",
        "hlep": f"'hlep' {nothing}: did you mean 'help'? {end}",
        "zzz": f"'zzz' {nothing}. {end}",
        "zzz:y": f"'zzz:y' {nothing}. {end}",
    }.items():
        assert project.doit(typed, code=3).err == f"ERROR: {words}"
    for command in ("run", "why", "info", "list", "clean", "forget", "ignore", "reset-dep"):
        said = project.doit(command, "sqares", code=3)
        assert len(said.err.splitlines()) == 1, said.err
        assert "'sqares'" in said.err
    assert project.ran() == []
    assert not project.exists(".datamake")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def task_it(:\n", "dodo.py:1: SyntaxError"),
        ("import nothing_like_it\n", "dodo.py:1, in <module>: ModuleNotFoundError: No module"),
        ("import parts.broken\n", "parts/broken.py:2, in <module>: ZeroDivisionError"),
        (
            "def task_it():\n    raise KeyError('n')\n",
            "the creator of it failed: dodo.py:2, in task_it: KeyError: 'n'",
        ),
        (
            "def task_it():\n    yield {'name': 'a', 'actions': []}\n    len(1)\n",
            "the creator of it failed: dodo.py:3, in task_it: TypeError",
        ),
        ("def task_it():\n    return 5\n", "Must return a dictionary or generator"),
        ("def task_it():\n    return {'actions': [], 'colour': 1}\n", "invalid field: 'colour'"),
        (
            "def task_it():\n    return {'actions': [], 'file_deps': ['a']}\n",
            "Task it contains invalid field: 'file_deps': did you mean 'file_dep'?",
        ),
        (
            "def task_it():\n    yield {'name': 'a', 'actions': [], 'target': ['a']}\n",
            "Task it:a contains invalid field: 'target': did you mean 'targets'?",
        ),
        ("def task_it():\n    return {'actions': [None]}\n", "invalid 'actions' type. got: None"),
        ("def task_it():\n    return {'actions': [('it', [])]}\n", "must be a 'callable' got 'it'"),
        ("def task_it():\n    return {'file_dep': ['a']}\n", "must contain 'actions' field"),
        ("def task_it():\n    return {'actions': 5}\n", "attribute 'actions' must be"),
        ("def task_run():\n    return {'actions': []}\n", "command name"),
    ],
)
def test_a_dodo_file_that_is_wrong_is_told_in_one_line(
    project: Project, text: str, words: str
) -> None:
    project.write("parts/broken.py", "x = 1\n1 / 0\n")
    project.write("dodo.py", text)
    said = project.doit(code=3)
    assert words in said.err
    assert len(said.err.splitlines()) == 1, said.err
    assert said.out == ""


def test_a_folder_without_a_dodo_file_is_told_in_plain_words(project: Project) -> None:
    said = project.doit(code=3)
    assert "Could not find dodo file" in said.err
    assert "Traceback" not in said.err


VALUES = """
    def saves_no_json():
        note("ran")
        return {{"n": {value}}}

    def writes(targets):
        pathlib.Path(targets[0]).write_text("new\\n")

    def saver(task, values):
        task.value_savers.append(lambda: {{"x": {saved}}})
        return False

    def task_it():
        return {{
            "actions": [saves_no_json, writes],
            "targets": ["out.txt"],
            "uptodate": [saver],
        }}
"""


@pytest.mark.parametrize(
    ("value", "saved", "words"),
    [
        ("object()", "1", "TypeError: Object of type object is not JSON serializable"),
        ("1", "1 / 0", "ZeroDivisionError: division by zero"),
    ],
    ids=["no-json", "saver-raises"],
)
def test_values_that_can_not_be_saved_fail_the_task_and_nothing_is_recorded(
    project: Project, value: str, saved: str, words: str
) -> None:
    project.dodo(VALUES.format(value=value, saved=saved))
    project.write("out.txt", "last good\n")
    said = project.doit(code=2)
    assert words in said
    assert "Traceback (most recent call last)" not in said
    assert "it failed: " in said
    assert project.read("out.txt") == "last good\n"
    assert project.doit("info", "it", code=1)
    project.dodo(VALUES.format(value="1", saved="1"))
    project.doit()
    assert project.read("out.txt") == "new\n"
