"""Runs what is stale, stage by stage, and records each one as soon as it is built."""

from __future__ import annotations

from typing import Any

from doit.exceptions import BaseFail, UnmetDependency
from doit.runner import Runner as DoitRunner
from doit.task import Task

from datamake.building import Builder
from datamake.dependency import Dependency
from datamake.model import State
from datamake.outcome import Outcome, Outcomes
from datamake.teardown import tear_down


class Runner(DoitRunner):
    """doit's sequential runner, building stages as datamake promises."""

    def __init__(
        self,
        dependency: Dependency,
        reporter: Any,
        outcomes: Outcomes,
        builder: Builder,
        **options: Any,
    ) -> None:
        super().__init__(dependency, reporter, **options)
        self._dependency = dependency
        self._outcomes = outcomes
        self._builder = builder

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
        return self._builder.build(task, outcome, self.stream)

    def teardown(self) -> None:
        """Run every teardown, the last one that was set up first, and say which failed and why."""
        self._dependency.clear_spare()
        for task in reversed(self.teardown_list):
            self.reporter.teardown_task(task)
            error = tear_down(task, self.stream)
            if error is not None:
                self.reporter.cleanup_error(error)

    def process_task_result(self, node: Any, base_fail: BaseFail | None) -> None:
        """Hand a stage's result on; what it built is recorded already."""
        if base_fail is not None:
            self._handle_task_error(node, base_fail)
            return
        outcome = self._outcomes.get(node.task.name)
        if outcome is not None and outcome.verdict.state is State.FRESH:
            node.run_status = "up-to-date"  # somebody else built it meanwhile
            self.reporter.skip_uptodate(node.task)
            return
        node.run_status = "successful"
        self.reporter.add_success(node.task)
