"""Runs what is stale, stage by stage, and records each one as soon as it is built."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

from doit.exceptions import BaseFail, TaskFailed
from doit.runner import Runner as DoitRunner
from doit.task import Stream, Task

from datamake import keep
from datamake.attempt import Attempt, InputsMoved, restore
from datamake.dependency import Dependency
from datamake.disk import OWN_PREFIX
from datamake.model import AttemptState, Stage, State
from datamake.outcome import Failure, Outcome, Outcomes

# A stage whose inputs move under it is built again once: an editor saves now and then, an action
# that changes its own input does so every time.
ATTEMPTS_AT_MOVING_INPUTS = 2


class Runner(DoitRunner):  # type: ignore[misc]
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
        holds_others = any(self._holds_others(path) for path in outcome.verdict.stage.targets)
        changed: list[str] = []
        for _ in range(ATTEMPTS_AT_MOVING_INPUTS):
            attempt = Attempt(task, self._dependency, outcome, holds_others=holds_others)
            try:
                return attempt.run(stream)
            except InputsMoved as moved:
                changed = moved.paths
                outcome.notes.append(f"{', '.join(changed)} changed while it ran: built again")
                self._dependency.verdict(task, self._dependency.tasks)
        outcome.notes.clear()
        message = f"{', '.join(changed)} changes every time while {task.name} runs"
        outcome.failure = Failure(f"{message}: a stage must not change its inputs")
        return TaskFailed(message)

    def process_task_result(self, node: Any, base_fail: BaseFail | None) -> None:
        """Hand a stage's result on; what it built is recorded already."""
        if base_fail is not None:
            self._handle_task_error(node, base_fail)
            return
        node.run_status = "successful"
        self.reporter.add_success(node.task)


def clear_leftovers(dependency: Dependency) -> None:
    """Clear what attempts left whose process died, and mark them as interrupted."""
    store = dependency.store
    for underway in store.running():
        if underway.process.alive:
            continue
        if underway.in_place:
            for target in restore(underway.staging):
                half_made = os.path.isfile(target) and (
                    dependency.judge.checker.state(target) != store.built(target)
                )
                if half_made:
                    keep.move(target, keep.failed_folder(underway.stage), target)
        for staged in underway.staging.values():
            folder = os.path.dirname(staged)
            if os.path.basename(folder).startswith(f"{OWN_PREFIX}-"):
                shutil.rmtree(folder, ignore_errors=True)
        store.end(Stage(underway.stage, targets=underway.targets), AttemptState.INTERRUPTED)
