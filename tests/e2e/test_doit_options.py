"""doit stays doit: the options of a run, and what DOIT_CONFIG may set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


CHAIN = """
    def step(name, targets):
        note(name)
        make(targets)

    def task_one():
        return {"file_dep": ["in.txt"], "targets": ["one.txt"], "actions": [(step, ["one"])]}

    def task_bad():
        return {"actions": [(note, ["bad"]), lambda: False], "task_dep": ["one"]}

    def task_after_bad():
        return {"actions": [(note, ["after-bad"])], "task_dep": ["bad"]}

    def task_two():
        return {"file_dep": ["one.txt"], "targets": ["two.txt"], "actions": [(step, ["two"])]}
"""


def test_always_continue_and_single(both: SideBySide) -> None:
    both.dodo(CHAIN)
    both.write("in.txt", "1")
    assert both.doit(code=1) == ["one", "bad"]
    assert both.doit("-c", code=2) == ["bad", "two"]
    assert both.doit("--continue", "--no-continue", code=1) == ["bad"]
    assert both.doit("two") == []
    assert both.doit("-a", "two") == ["one", "two"]
    assert both.doit("--always-execute", "-s", "two") == ["two"]
    both.remove("one.txt")
    assert both.doit("--single", "two", code=2) == []
    assert both.doit("-ac", code=2) == ["one", "bad", "two"]


def test_an_ignored_task_is_not_run_even_with_always(both: SideBySide) -> None:
    both.dodo(CHAIN)
    both.write("in.txt", "1")
    both.doit("ignore", "bad")
    assert both.doit("-a") == ["one", "two"]


def test_parallel_options_of_an_existing_project_mean_what_they_did(
    both: SideBySide,
) -> None:
    """What a file sets and what is typed says how many stages are built at once."""
    both.dodo(CHAIN + "\n    DOIT_CONFIG = {'num_process': 2, 'par_type': 'thread'}\n")
    both.write("in.txt", "1")
    assert both.doit("two") == ["one", "two"]
    configured = "\n[tool.doit.commands.run]\nnum_process = 4\n"
    for project in (both.ours, both.plain):
        project.write("pyproject.toml", project.read("pyproject.toml") + configured)
    assert both.doit("-a", "-P", "thread", "two") == ["one", "two"]
    assert both.doit("-a", "-n", "0", "two") == ["one", "two"]
    assert both.doit("-a", "-n", "1", "-P", "thread", "two") == ["one", "two"]
    assert both.doit("-a", "-n", "3", "two") == ["one", "two"]


def test_another_dodo_file_another_folder_and_files_found_from_below(both: SideBySide) -> None:
    both.dodo(CHAIN)
    # Started elsewhere, doit reads no configuration: it is the import that brings datamake in.
    both.ours.write("dodo.py", "import datamake\n" + both.ours.read("dodo.py"))
    for project in (both.ours, both.plain):
        project.write("other.py", project.read("dodo.py").replace('"two"', '"other"'))
        project.write("deep/below/empty.txt", "")
        project.write("elsewhere/in.txt", "1")
        project.write("in.txt", "1")
    assert both.doit("-f", "other.py", "two") == ["one", "other"]
    assert both.doit("run", "--file=other.py", "two") == []
    for project in (both.ours, both.plain):
        project.doit("-d", "elsewhere", "two")
        assert project.read("elsewhere/ran.log").split() == ["one", "two"]
        assert project.exists("elsewhere/two.txt")
        project.doit("two")
        project.ran()
        project.doit("-k", "two", folder="deep/below")
        project.doit("two", folder="deep", code=3)
        assert project.ran() == []
        project.doit("-a", "two", DOIT_FILE="other.py")
        assert project.ran() == ["one", "other"]
    both.doit("-f", "missing.py", code=3)
    both.doit("-d", "missing", code=3)


def test_the_debugger_is_entered_where_an_action_raised(project: Project) -> None:
    project.dodo(
        """
        def fails(targets):
            answer = 6 * 7
            raise ValueError("no luck")

        def task_it():
            return {"actions": [fails], "targets": ["it.txt"]}
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "doit", "--pdb"],
        cwd=project.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate("p answer\nw\nquit\n", timeout=DEADLINE_SECONDS)
    assert process.returncode == 2, err
    assert "42" in out
    assert "dodo.py" in out
    assert "ValueError: no luck" in out
    assert not project.exists("it.txt")


def test_the_debugger_is_entered_where_an_action_asks_for_it(project: Project) -> None:
    project.dodo(
        """
        from doit.tools import set_trace

        def asks(targets):
            answer = 6 * 7
            set_trace()
            pathlib.Path(targets[0]).touch()

        def task_it():
            return {"actions": [asks], "targets": ["it.txt"]}
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "doit"],
        cwd=project.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("p answer\n")
    process.stdin.flush()
    while "(Pdb) 42" not in process.stdout.readline():
        assert process.poll() is None
    out, _ = process.communicate("c\n", timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert "built    it" in out


def test_what_doit_config_sets(both: SideBySide) -> None:
    both.dodo(
        CHAIN
        + """
    DOIT_CONFIG = {
        "default_tasks": ["after_bad", "t*"],
        "continue": True,
        "minversion": "0.30.0",
        "reporter": "zero",
        "backend": "json",
        "dep_file": "mine.db",
    }
"""
    )
    both.write("in.txt", "1")
    assert both.doit(code=2) == ["one", "bad", "two"]
    assert both.ours.doit("two").out == ""
    assert both.doit("two") == []
    assert both.ours.exists(".datamake/mine.db.sqlite")
    assert not both.ours.exists("mine.db")
    assert both.doit("--db-file", "another.db", "two") == ["one", "two"]
    assert both.doit("two") == []


def test_a_dodo_file_for_a_newer_doit_is_refused(both: SideBySide) -> None:
    both.dodo(CHAIN + "\n    DOIT_CONFIG = {'minversion': (9, 0, 0)}\n")
    assert both.doit(code=3) == []
    assert "Minimum version required" in both.ours.doit(code=3).err
    both.dodo(CHAIN + "\n    DOIT_CONFIG = [1]\n")
    assert both.doit(code=3) == []


@pytest.mark.parametrize(
    ("formatting", "text"),
    [
        ("old", "echo %(dependencies)s-{n}-%(n)s >> ran.log; touch %(targets)s"),
        ("new", "echo {dependencies}-%n-{n} >> ran.log; touch {targets}"),
        ("both", "echo {dependencies}-%(n)s-{n} >> ran.log; touch %(targets)s"),
    ],
)
def test_formats_of_command_strings(both: SideBySide, formatting: str, text: str) -> None:
    both.dodo(
        f"""
        DOIT_CONFIG = {{"action_string_formatting": "{formatting}"}}

        def task_it():
            return {{"actions": ["{text}"], "file_dep": ["in.txt"], "targets": ["out.txt"],
                     "params": [{{"name": "n", "default": "5"}}]}}
        """
    )
    both.write("in.txt", "1")
    (word,) = both.doit()
    assert word.startswith("in.txt-") and word.endswith("-5")
    assert both.doit() == []


def test_a_format_of_command_strings_that_is_not_there_is_refused(both: SideBySide) -> None:
    both.dodo(CHAIN + "\n    DOIT_CONFIG = {'action_string_formatting': 'fancy'}\n")
    assert both.doit(code=3) == []


def test_changed_dependencies_are_handed_to_the_action(both: SideBySide) -> None:
    both.dodo(
        """
        def by_python(changed, dependencies):
            note("python-" + "+".join(sorted(changed)))

        def task_it():
            return {"file_dep": ["a.txt", "b.txt"], "actions": [by_python]}
        """
    )
    both.write("a.txt", "1")
    both.write("b.txt", "1")
    assert both.doit() == ["python-a.txt+b.txt"]
    both.write("b.txt", "2")
    assert both.doit() == ["python-b.txt"]
    assert both.doit("-a") == ["python-"]


CHECKED = """
    def task_it():
        return {"file_dep": ["in.txt"], "actions": [(note, ["it"])]}
"""


def test_files_are_compared_by_content_or_by_time(both: SideBySide) -> None:
    both.dodo(CHECKED)

    def stamp(seconds: int) -> None:
        for project in (both.ours, both.plain):
            os.utime(project.folder / "in.txt", (seconds, seconds))

    both.write("in.txt", "1")
    stamp(1000)
    assert both.doit() == ["it"]
    stamp(2000)
    assert both.doit() == []
    assert both.doit("--check_file_uptodate", "timestamp") == ["it"]
    assert both.doit("--check_file_uptodate=timestamp") == []
    stamp(1500)
    assert both.doit("--check_file_uptodate=timestamp") == ["it"]
    assert both.doit("--check_file_uptodate=md5") == ["it"]
    both.dodo(CHECKED + "\n    DOIT_CONFIG = {'check_file_uptodate': 'timestamp'}\n")
    assert both.doit() == ["it"]
    stamp(1700)
    assert both.doit() == ["it"]
    assert both.doit("--check_file_uptodate=fancy", code=3) == []


def test_files_are_compared_by_a_class_of_the_users_own(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.dependency import FileChangedChecker

        class FirstLine(FileChangedChecker):
            def check_modified(self, path, stat, state):
                return state[0] != self.line(path)

            def get_state(self, path, current):
                if current and current[0] == self.line(path):
                    return None
                return (self.line(path), "extra")

            def line(self, path):
                return pathlib.Path(path).read_text().splitlines()[0]

        DOIT_CONFIG = {"check_file_uptodate": FirstLine}

        def task_it():
            return {"file_dep": ["in.txt"], "targets": ["out.txt"],
                    "actions": ["cp in.txt %(targets)s", (note, ["it"])]}
        """
    )
    both.write("in.txt", "a\n1")
    assert both.doit() == ["it"]
    both.write("in.txt", "a\n2")
    assert both.doit() == []
    both.write("in.txt", "b\n2")
    assert both.doit() == ["it"]
    assert both.doit() == []
