"""Runs what is stale, stage by stage, and records each one as soon as it is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doit.exceptions import BaseFail, TaskFailed, UnmetDependency
from doit.runner import Runner as DoitRunner
from doit.task import Stream, Task

from datamake.attempt import Attempt, InputsMovedError
from datamake.dependency import Dependency
from datamake.leftovers import clear_leftovers
from datamake.model import State
from datamake.outcome import Failure, Outcome, Outcomes

__all__ = ["Runner", "clear_leftovers"]

# A stage whose inputs move under it is built again once: an editor saves now and then, an action
# that changes its own input does so every time.
ATTEMPTS_AT_MOVING_INPUTS = 2


class Runner(DoitRunner):
    """doit's sequential runner, building stages as datamake promises.

    `holds_others` says of a path whether another task's files lie below it.
    """

    def __init__(
        self,
        dependency: Dependency,
        reporter: Any,
        outcomes: Outcomes,
        holds_others: Callable[[str], bool],
        **options: Any,
    ) -> None:
        super().__init__(dependency, reporter, **options)
        self._dependency = dependency
        self._outcomes = outcomes
        self._holds_others = holds_others

    def select_task(self, node: Any, tasks_dict: dict[str, Task]) -> bool:
        """Return whether a task is to be built now, as doit does, but not behind a failed setup.

        A task with setup tasks is asked for twice, and they may have failed in between.
        """
        if node.run_status == "run" and node.bad_deps:
            names = " ".join(bad.task.name for bad in node.bad_deps)
            self._handle_task_error(node, UnmetDependency(names))
            return False
        return bool(super().select_task(node, tasks_dict))

    def execute_task(self, task: Task) -> BaseFail | None:
        """Build a task that was judged stale."""
        if task.teardown:
            self.teardown_list.append(task)
        self.reporter.execute_task(task)
        verdict = self._dependency.verdicts[task.name]
        if verdict.state is State.GROUP:
            return task.execute(self.stream)
        outcome = self._outcomes[task.name] = Outcome(verdict, notes=[])
        return self._build(task, outcome, self.stream)

    def _build(self, task: Task, outcome: Outcome, stream: Stream) -> BaseFail | None:
        shared = [path for path in outcome.verdict.stage.targets if self._holds_others(path)]
        changed = ""
        for _ in range(ATTEMPTS_AT_MOVING_INPUTS):
            try:
                return Attempt(task, self._dependency, outcome, shared).run(stream)
            except InputsMovedError as moved:
                changed = ", ".join(moved.paths)
            verdict = self._dependency.verdict(task, self._dependency.tasks)
            if verdict.state is State.ERROR:
                missing = ", ".join(reason.subject for reason in verdict.reasons)
                return _failed(outcome, f"{missing} was removed while {task.name} ran")
            outcome.notes.append(f"{changed} changed while it ran: built again")
        outcome.notes.clear()
        message = f"{changed} changes every time while {task.name} runs"
        return _failed(outcome, f"{message}: a stage must not change its inputs")

    def process_task_result(self, node: Any, base_fail: BaseFail | None) -> None:
        """Hand a stage's result on; what it built is recorded already."""
        if base_fail is not None:
            self._handle_task_error(node, base_fail)
            return
        node.run_status = "successful"
        self.reporter.add_success(node.task)


def _failed(outcome: Outcome, message: str) -> BaseFail:
    outcome.failure = Failure(message)
    return TaskFailed(message)
