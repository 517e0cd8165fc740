"""The default report of a run, as doit's runner calls it."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest
from doit.action import PythonAction
from doit.exceptions import TaskFailed
from doit.task import Stream, Task

from datamake.model import Reason, Stage, State, Verdict, Why
from datamake.outcome import Failure, NeedsFailed, Outcome, Outcomes, Output
from datamake.show.report import JsonReport, Report
from datamake.voice import Voice


class Run:
    """A report, what it wrote, and the outcomes of the run."""

    def __init__(self, **options: Any) -> None:
        self.out = io.StringIO()
        self.outcomes = Outcomes()
        settings = {"outcomes": self.outcomes, "command": "doit n=3", **options}
        self.report = Report(self.out, settings)

    def outcome(self, task: Task, **changes: Any) -> Outcome:
        reasons = (Reason(Why.INPUT_CHANGED, "a.txt"),)
        verdict = Verdict(Stage(task.name), State.STALE, reasons)
        made = self.outcomes[task.name] = Outcome(verdict, **{"notes": [], **changes})
        return made

    def lines(self) -> list[str]:
        """What was written, without the time that the run took."""
        return re.sub(r" in [\d.]+ s$", " in TIME", self.out.getvalue(), flags=re.M).splitlines()


def failed(task: Task, message: str = "it broke") -> TaskFailed:
    return TaskFailed(message)


def task(name: str = "squares", **declared: Any) -> Task:
    return Task(name, ["true"], **declared)


def test_a_built_stage_says_why_how_long_and_what() -> None:
    run, squares = Run(), task()
    outputs = (Output("data/squares.txt", 12_345), Output("data/log", 7))
    run.outcome(squares, seconds=0.25, outputs=outputs, notes=["data/log was edited by hand"])
    run.report.add_success(squares)
    run.report.complete_run()
    assert run.lines() == [
        "built    squares  0.25 s  input changed: a.txt",
        "         data/squares.txt  12 kB",
        "         data/log  7 B",
        "         data/log was edited by hand",
        "1 built in TIME",
    ]


def test_fresh_stages_are_counted_and_ignored_ones_named() -> None:
    run = Run()
    run.report.initialize({}, [])
    for name in ("a", "b"):
        run.report.get_status(task(name))
        run.report.skip_uptodate(task(name))
    run.report.skip_ignore(task("c"))
    run.report.complete_run()
    assert run.lines() == ["ignored  c", "2 up to date, 1 ignored in TIME"]


def test_a_run_of_nothing_says_so() -> None:
    run = Run()
    run.report.complete_run()
    assert run.lines() == ["nothing to do in TIME"]


def test_a_group_is_not_built() -> None:
    run = Run()
    run.report.execute_task(task("all"))
    run.report.add_success(task("all"))
    run.report.complete_run()
    assert run.lines() == ["nothing to do in TIME"]


def test_a_private_task_is_counted_and_not_named_unless_it_fails() -> None:
    run, hidden = Run(), task("_hidden")
    run.outcome(hidden)
    run.report.add_success(hidden)
    assert run.lines() == []
    run.report.add_failure(hidden, failed(hidden))
    run.report.complete_run()
    assert "failed   _hidden  0.00 s" in run.lines()
    assert "1 built, 1 failed in TIME" in run.lines()


def test_failures_come_last_with_place_leftovers_and_what_to_type() -> None:
    run, squares, plot = Run(), task(), task("plot")
    run.outcome(
        squares,
        seconds=1.5,
        failure=Failure(
            "ValueError: bad line",
            where=(("tasks/squares.py:14, in square", "int(line)"),),
            partial=(".datamake/failed/squares/squares.txt",),
            traceback=".datamake/failed/squares/traceback.txt",
        ),
    )
    run.report.add_failure(squares, failed(squares))
    run.report.add_failure(plot, NeedsFailed(["squares"]))
    run.report.complete_run()
    assert run.lines() == [
        "failed   squares  1.5 s",
        "not run  plot  needs squares",
        "1 failed, 1 not run in TIME",
        "",
        "squares failed: ValueError: bad line",
        "  tasks/squares.py:14, in square",
        "      int(line)",
        "  unfinished target: .datamake/failed/squares/squares.txt",
        "  whole traceback: .datamake/failed/squares/traceback.txt",
        "  to try again: doit n=3 squares",
    ]


def test_of_very_much_that_a_failed_stage_printed_the_last_is_shown() -> None:
    run, squares = Run(), task(verbosity=0)
    run.outcome(squares, failure=Failure("it broke"), log=".datamake/logs/squares.log")
    action = PythonAction(lambda: None)
    action.out, action.err = "".join(f"line {n}\n" for n in range(1, 3_001)), "warned\n"
    squares._action_instances = [action]
    squares.executed = True
    run.report.add_failure(squares, failed(squares))
    run.report.complete_run()
    lines = run.lines()
    assert lines[4:7] == ["  stdout:", "      (2,900 earlier lines in the log)", "      line 2901"]
    assert lines[105:108] == ["      line 3000", "  stderr:", "      warned"]


def test_of_a_recursion_without_end_the_first_and_the_last_places_are_shown() -> None:
    run, squares = Run(), task()
    places = [(f"dodo.py:{n}, in again", "again()") for n in range(1, 981)]
    run.outcome(squares, failure=Failure("RecursionError", where=tuple(places)))
    run.report.add_failure(squares, failed(squares))
    run.report.complete_run()
    shown = [line for line in run.lines() if line.startswith("  dodo.py") or "more" in line]
    assert shown == [
        *(f"  {place}" for place, _ in places[:5]),
        "  (970 more places in the whole traceback)",
        *(f"  {place}" for place, _ in places[-5:]),
    ]


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        (["a", "b c"], "a, b c"),
        ([f"part:{n}" for n in range(3_000)], "part:0, part:1, part:2 and 2,997 more"),
    ],
)
def test_of_much_that_failed_before_a_stage_the_first_are_named(
    needs: list[str], told: str
) -> None:
    run, whole = Run(), task("whole")
    run.report.add_failure(whole, NeedsFailed(needs))
    assert run.lines() == [f"not run  whole  needs {told}"]


def test_a_stage_that_could_not_be_judged_says_what_doit_says() -> None:
    run, squares = Run(), task()
    run.report.add_failure(squares, failed(squares, "squares needs a.txt, which is not there"))
    run.report.complete_run()
    assert run.lines()[:4] == [
        "failed   squares",
        "1 failed in TIME",
        "",
        "squares failed: squares needs a.txt, which is not there",
    ]


def printed(verbosity: int, **options: Any) -> list[str]:
    """The report of a stage that printed and failed."""
    run, squares = Run(**options), task(verbosity=verbosity)
    action = PythonAction(lambda: None)
    action.out, action.err = "one\ntwo\n", "warned\n"
    squares._action_instances = [action, PythonAction(lambda: None)]
    squares.executed = True
    squares.verbosity = verbosity
    run.outcome(squares)
    run.report.add_failure(squares, failed(squares))
    run.report.complete_run()
    return [line for line in run.lines() if line.startswith("  ") and "again" not in line]


OUT, ERR = ["  stdout:", "      one", "      two"], ["  stderr:", "      warned"]


def test_of_a_failed_stage_what_it_printed_is_shown_unless_it_was_on_the_screen() -> None:
    assert printed(0) == [*OUT, *ERR]
    assert printed(1) == OUT
    assert printed(2) == []
    assert printed(1, failure_verbosity=1) == [*OUT, *ERR]
    assert printed(2, failure_verbosity=1) == ERR
    assert printed(2, failure_verbosity=2) == [*OUT, *ERR]


def test_errors_outside_of_tasks_come_last() -> None:
    run = Run()
    run.report.teardown_task(task())
    run.report.cleanup_error(TaskFailed("the teardown broke"))
    run.report.runtime_error("no such thing")
    run.report.complete_run()
    lines = run.lines()
    assert lines[0] == "nothing to do in TIME"
    assert any("the teardown broke" in line for line in lines)
    assert lines[-1] == "error: no such thing"


def test_names_and_notes_can_do_nothing_to_a_terminal() -> None:
    run, hostile = Run(), task("\x1b[2Jit\nbuilt    fake")
    run.outcome(hostile, outputs=(Output("a\x07\udcff", 1),), notes=["kept as \x9b5A"])
    run.report.add_success(hostile)
    run.report.complete_run()
    assert run.lines() == [
        r"built    \x1b[2Jit\nbuilt    fake  0.00 s  input changed: a.txt",
        r"         a\x07\udcff  1 B",
        r"         kept as \x9b5A",
        "1 built in TIME",
    ]


def test_a_title_may_be_laid_out_in_lines() -> None:
    run = Run()
    titled = task(title=lambda task: f"{task.name} =>\n\tCmd: echo")
    run.outcome(titled)
    run.report.add_success(titled)
    assert run.lines()[:2] == ["built    squares =>", "\tCmd: echo  0.00 s  input changed: a.txt"]


def test_where_nobody_shows_progress_actions_run_with_doits_own_stream() -> None:
    run = Run()
    for verbosity in (0, 1):
        stream = Stream(verbosity)
        assert run.report.stream(stream) is stream
    named = run.report.stream(Stream(2))
    assert type(named) is Voice
    run.report.close()
    run.report.close()


def test_closed_early_everything_is_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    report = JsonReport(io.StringIO(), {"outcomes": Outcomes(), "command": "doit"})
    print("not JSON")
    assert sys.stdout is not before
    report.close()
    assert sys.stdout is before
    assert capsys.readouterr().err == "not JSON\n"
