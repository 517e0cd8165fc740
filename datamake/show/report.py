"""The default reporter: what each stage made and why, a line at the end, failures last."""

from __future__ import annotations

import shlex
import time
from typing import Any, TextIO

from doit.exceptions import BaseFail, UnmetDependency
from doit.task import Task

from datamake.outcome import Outcome, Outcomes
from datamake.show import words
from datamake.show.stream import tolerant


class Report:
    """Writes a run's report to a stream. Has the methods that doit calls on a reporter.

    Tasks whose names start with `_` are mentioned only when they fail, as in doit.
    """

    desc = "targets, times and reasons of what was built; failures last [default]"

    def __init__(self, outstream: TextIO, options: dict[str, Any]) -> None:
        self._out = tolerant(outstream)
        self._failure_verbosity = options.get("failure_verbosity", 0)
        self._outcomes: Outcomes = options["outcomes"]
        self._command: str = options["command"]
        self._started: float = options.get("started", time.monotonic())
        self._fresh: int = options.get("fresh", 0)
        self._built = self._ignored = 0
        self._begun: dict[str, Task] = {}
        self._failed: list[tuple[Task, BaseFail]] = []
        self._unmet: list[tuple[Task, BaseFail]] = []
        self._errors: list[str] = []

    def initialize(self, tasks: dict[str, Task], selected_tasks: list[str]) -> None:
        """Hear which tasks there are."""

    def look_again(self, count: int) -> None:
        """Hear that so many stages that were fresh at the start have to be looked at after all."""
        self._fresh -= count

    def get_status(self, task: Task) -> None:
        """Hear that a task is looked at."""

    def execute_task(self, task: Task) -> None:
        """Hear that a task starts."""
        self._begun[task.name] = task

    def skip_uptodate(self, task: Task) -> None:
        """Count a stage that was fresh."""
        self._begun.pop(task.name, None)
        self._fresh += 1

    def skip_ignore(self, task: Task) -> None:
        """Say that a stage was passed over because `doit ignore` marked it."""
        self._ignored += 1
        self._line("ignored", task, "")

    def add_success(self, task: Task) -> None:
        """Say what a stage built, from what reason and in what time."""
        self._begun.pop(task.name, None)
        outcome = self._outcomes.get(task.name)
        if outcome is None:  # a group
            return
        self._built += 1
        if task.name.startswith("_"):
            return
        why = words.reasons(outcome.verdict.reasons)
        self._line("built", task, f"{words.duration(outcome.seconds)}  {why}")
        for output in outcome.outputs:
            self._out.write(f"         {output.path}  {words.size(output.size)}\n")
        self._notes(outcome)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """Say that a stage failed; why comes at the end."""
        self._begun.pop(task.name, None)
        if isinstance(fail, UnmetDependency):
            self._unmet.append((task, fail))
            self._line("not run", task, f"needs {fail.message}")
            return
        self._failed.append((task, fail))
        outcome = self._outcomes.get(task.name)
        self._line("failed", task, words.duration(outcome.seconds) if outcome else "")
        if outcome:
            self._notes(outcome)

    def teardown_task(self, task: Task) -> None:
        """Hear that a task's teardown starts."""

    def cleanup_error(self, exception: BaseFail) -> None:
        """Note that a teardown failed."""
        self._errors.append(exception.message)

    def runtime_error(self, msg: str) -> None:
        """Note an error outside of any task."""
        self._begun.clear()
        self._errors.append(msg)

    def complete_run(self) -> None:
        """Write the line that sums up, then every failure."""
        for stopped in self._begun.values():
            self._stopped(stopped)
        self._out.write(f"{self._summary()}\n")
        for task, fail in self._failed:
            self._failure(task, fail)
        for error in self._errors:
            self._out.write(f"\nerror: {error}\n")
        self._out.flush()

    def _stopped(self, task: Task) -> None:
        """Say which stage was under way, and where what it had made by then is."""
        self._line("stopped", task, "")
        outcome = self._outcomes.get(task.name)
        if outcome is None:
            return
        self._notes(outcome)
        for path in outcome.unfinished or ():
            self._out.write(f"         unfinished target: {path}\n")
        if outcome.unfinished == () and task.targets:
            self._out.write("         nothing unfinished is left\n")

    def _summary(self) -> str:
        counts = {
            "built": self._built,
            "up to date": self._fresh,
            "ignored": self._ignored,
            "failed": len(self._failed),
            "not run": len(self._unmet),
            "stopped": len(self._begun),
        }
        parts = [f"{number} {name}" for name, number in counts.items() if number]
        took = words.duration(time.monotonic() - self._started)
        return f"{', '.join(parts) or 'nothing to do'} in {took}"

    def _line(self, what: str, task: Task, rest: str) -> None:
        self._out.write(f"{what:<7}  {task.title()}  {rest}".rstrip() + "\n")

    def _notes(self, outcome: Outcome) -> None:
        for note in outcome.notes:
            self._out.write(f"         {note}\n")

    def _failure(self, task: Task, fail: BaseFail) -> None:
        outcome = self._outcomes.get(task.name)
        failure = outcome.failure if outcome else None
        write = self._out.write
        write(f"\n{task.name} failed: {failure.what if failure else fail.message}\n")
        self._captured(task)
        if failure:
            for place, line in failure.where:
                write(f"  {place}\n      {line}\n")
            for path in failure.partial:
                write(f"  unfinished target: {path}\n")
            if failure.traceback:
                write(f"  whole traceback: {failure.traceback}\n")
        if outcome and outcome.log:
            write(f"  log: {outcome.log}\n")
        write(f"  to try again: {self._command} {shlex.quote(task.name)}\n")

    def _captured(self, task: Task) -> None:
        """Show what the stage printed, unless it was on the screen already."""
        if not task.executed:
            return
        shown = {
            "stdout": task.verbosity < 2 or self._failure_verbosity == 2,
            "stderr": task.verbosity < 1 or self._failure_verbosity > 0,
        }
        texts = {
            "stdout": "".join(action.out or "" for action in task.actions),
            "stderr": "".join(action.err or "" for action in task.actions),
        }
        for name, text in texts.items():
            if shown[name] and text.strip():
                self._out.write(f"  {name}:\n")
                self._out.writelines(f"      {line}\n" for line in text.rstrip().splitlines())
