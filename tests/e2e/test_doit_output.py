"""doit stays doit: verbosity, titles, capturing, output files and reporters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


TALK = """
    def talk():
        print("python-out")
        print("python-err", file=sys.stderr)

    def task_python():
        return {"actions": [talk]}

    def task_command():
        return {"actions": ["echo command-out; echo command-err >&2"]}

    def task_loud():
        return {"actions": [talk], "verbosity": 2}

    def task_silent():
        return {"actions": [talk], "verbosity": 0}

    def fail():
        return False

    def task_fails():
        return {"actions": [talk, "echo command-out; echo command-err >&2", fail]}
"""


def heard(both: SideBySide, *arguments: str) -> tuple[int, int]:
    """Return how often something was printed to standard output and to standard error."""
    ours, plain = (
        (said.out.count("-out"), said.err.count("-err")) for said in both.both(*arguments)
    )
    assert ours == plain
    return ours


def test_verbosity_of_the_task_of_the_configuration_and_of_the_command_line(
    both: SideBySide,
) -> None:
    both.dodo(TALK)
    assert heard(both, "python", "command") == (0, 2)
    assert heard(both, "loud") == (1, 1)
    assert heard(both, "silent") == (0, 0)
    assert heard(both, "-v0", "python", "command", "loud", "silent") == (0, 0)
    assert heard(both, "-v", "1", "loud", "silent") == (0, 2)
    assert heard(both, "--verbosity=2", "python", "command", "silent") == (3, 3)
    both.dodo(TALK + "\n    DOIT_CONFIG = {'verbosity': 2}\n")
    assert heard(both, "python") == (1, 1)
    assert heard(both, "silent") == (0, 0)
    assert heard(both, "-v0", "loud") == (0, 0)


def test_what_a_failed_task_printed_is_shown_unless_it_was_on_the_screen(
    project: Project,
) -> None:
    project.dodo(TALK)
    said = project.doit("fails", code=1)
    assert said.out.count("python-out") == said.out.count("command-out") == 1
    assert "-err" not in said.out
    assert said.err.count("-err") == 2
    said = project.doit("-v0", "fails", code=1)
    assert (said.out.count("-out"), said.out.count("-err")) == (2, 2)
    assert "-err" not in said.err
    said = project.doit("-v2", "fails", code=1)
    assert (said.out.count("-out"), said.out.count("-err")) == (2, 0)
    said = project.doit("-v2", "--failure-verbosity", "1", "fails", code=1)
    assert (said.out.count("-out"), said.out.count("-err")) == (2, 2)
    said = project.doit("-v2", "--failure-verbosity=2", "fails", code=1)
    assert (said.out.count("-out"), said.out.count("-err")) == (4, 2)


def test_a_task_that_is_not_captured_writes_to_the_terminal_itself(both: SideBySide) -> None:
    both.dodo(
        """
        def task_it():
            return {
                "actions": ["echo command-out; echo command-err >&2",
                            lambda: print("python-out")],
                "io": {"capture": False},
            }
        """
    )
    assert heard(both, "-v2", "it") == (2, 1)


def test_titles(project: Project) -> None:
    project.dodo(
        """
        from doit.tools import title_with_actions

        def task_mine():
            return {"actions": [(note, ["it"])], "title": lambda task: f"*{task.name}*"}

        def task_shipped():
            return {"actions": ["echo hello"], "title": title_with_actions}
        """
    )
    said = project.doit().out
    assert "built    *mine*" in said
    assert "built    shipped => Cmd: echo hello" in said
    assert ".  *mine*" in project.doit("-r", "console", "mine").out


def test_the_report_goes_into_a_file(project: Project) -> None:
    project.dodo(TALK)
    said = project.doit("-o", "report.txt", "loud", "python")
    assert said.out == "python-out\n"
    assert "2 built in" in project.read("report.txt")
    project.doit("--output-file=plan.txt", "run", "python", code=3)
    project.doit("run", "--output-file=plan.txt", "-r", "doit-json", "python")
    assert json.loads(project.read("plan.txt"))["tasks"][0]["name"] == "python"


MIXED = """
    def task_good():
        return {"actions": [lambda: print("good-out")], "file_dep": ["in.txt"]}

    def task_ignored():
        return {"actions": [(note, ["ignored"])]}

    def task_group():
        return {"actions": None, "task_dep": ["good"]}

    def task__private():
        return {"actions": [(note, ["private"])]}

    def task_bad():
        return {"actions": ["echo bad-out; exit 1"]}

    def task_unmet():
        return {"actions": [(note, ["unmet"])], "task_dep": ["bad"]}
"""


def test_every_shipped_reporter_reports_as_under_plain_doit(both: SideBySide) -> None:
    both.dodo(MIXED)
    both.write("in.txt", "1")
    both.doit("ignore", "ignored")
    for reporter in ("console", "executed-only", "zero", "error-only"):
        for repeat in ("never built", "up to date"):
            if repeat == "never built":
                both.doit("forget", "good")
            said = both.same("run", "-c", "-r", reporter, code=2)
    assert "bad" in said


def test_doits_json_reporter_writes_nothing_but_json(both: SideBySide) -> None:
    """It is named `doit-json` here: datamake's own `json` writes events."""
    both.dodo(MIXED)
    both.write("in.txt", "1")
    both.doit("ignore", "ignored")
    for first in (True, False):
        results = []
        ours = both.ours.doit("run", "-c", "-r", "doit-json", code=2)
        for said in (ours, both.plain.doit("run", "-c", "-r", "json", code=2)):
            told = json.loads(said.out)
            assert set(told) == {"tasks", "out", "err"}
            results.append({task["name"]: (task["result"], task["out"]) for task in told["tasks"]})
        assert results[0] == results[1]
        assert results[0]["good"] == (("success", "good-out\n") if first else ("up-to-date", ""))
        assert results[0]["bad"] == ("fail", "bad-out\n")
        assert results[0]["ignored"] == ("ignore", "")


def test_doits_json_reporter_has_no_room_for_what_datamake_notes(project: Project) -> None:
    """A target that was there before the first build is kept, which is noted in a report."""
    project.dodo(
        """
        def build(targets):
            pathlib.Path(targets[0]).write_text("new")
            pathlib.Path(targets[0] + ".extra").write_text("also")

        def task_it():
            return {"actions": [build], "targets": ["it.txt"]}
        """
    )
    project.write("it.txt", "old")
    said = project.doit("-r", "doit-json")
    (task,) = json.loads(said.out)["tasks"]
    assert task["result"] == "success"
    assert task["error"] is None
    assert said.err == ""
    assert project.read("it.txt") == "new"


def test_a_reporter_class_of_the_users_own_is_told_of_everything(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.reporter import ConsoleReporter

        class Mine(ConsoleReporter):
            def initialize(self, tasks, selected):
                self.write(f"initialize {sorted(tasks)} {selected}\\n")

            def get_status(self, task):
                self.write(f"status {task.name}\\n")

            def execute_task(self, task):
                self.write(f"execute {task.name}\\n")

            def add_success(self, task):
                self.write(f"success {task.name} {task.result}\\n")

            def add_failure(self, task, fail):
                self.write(f"failure {task.name} {fail.get_name()} {fail.message}\\n")

            def skip_uptodate(self, task):
                self.write(f"fresh {task.name}\\n")

            def skip_ignore(self, task):
                self.write(f"ignore {task.name}\\n")

            def teardown_task(self, task):
                self.write(f"teardown {task.name}\\n")

            def cleanup_error(self, error):
                self.write(f"cleanup {error.get_name()}\\n")

            def complete_run(self):
                self.write("done\\n")

        DOIT_CONFIG = {"reporter": Mine}

        def task_good():
            return {"actions": [lambda: "result"], "file_dep": ["in.txt"],
                    "teardown": ["exit 1"]}

        def task_group():
            return {"actions": None, "task_dep": ["good"]}

        def task_bad():
            return {"actions": ["exit 1"]}
        """
    )
    both.write("in.txt", "1")
    assert "failure bad TaskFailed Command failed: 'exit 1' returned 1" in both.same(code=1)
    both.doit("ignore", "bad")
    said = both.same()
    assert "fresh good" in said
    assert "ignore bad" in said


def test_a_reporter_that_is_not_there_is_refused(both: SideBySide) -> None:
    both.dodo(MIXED)
    assert both.doit("-r", "fancy", code=3) == []
