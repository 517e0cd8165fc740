"""Runs what is stale, and records each stage as soon as it is built."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from doit.exceptions import BaseFail, DependencyError, UnmetDependency
from doit.runner import Runner as DoitRunner
from doit.task import Task

from datamake.building import Builder
from datamake.crew import Build, Crew
from datamake.dependency import Dependency
from datamake.dispatch import Dispatcher, Feed
from datamake.interruption import undone_by
from datamake.judging import root_folder
from datamake.model import State
from datamake.order import Order
from datamake.outcome import NeedsFailed, Outcome, Outcomes
from datamake.teardown import tear_down
from datamake.workforce import Workforce


class Runner(DoitRunner):
    """doit's runner, building stages as datamake promises, as many at once as its workforce can.

    `further` is asked for what is to be looked at besides, when all that was to be is done.
    """

    def __init__(
        self,
        dependency: Dependency,
        reporter: Any,
        outcomes: Outcomes,
        builder: Builder,
        workforce: Workforce,
        **options: Any,
    ) -> None:
        super().__init__(dependency, reporter, **options)
        self._dependency = dependency
        self._outcomes = outcomes
        self._builder = builder
        self._workforce = workforce
        self.further: Callable[[], Dispatcher | None] = lambda: None

    def _handle_task_error(self, node: Any, base_fail: Any) -> None:
        """Note a failure; of a task that can't be judged doit says twice which one it is.

        Of one whose needs failed it is noted which these are.
        """
        if isinstance(base_fail, DependencyError):
            prefix = f"ERROR: Task '{node.task.name}' checking dependencies: "
            base_fail.message = base_fail.message.removeprefix(prefix)
        if isinstance(base_fail, UnmetDependency):
            base_fail = NeedsFailed(bad.task.name for bad in node.bad_deps)
        super()._handle_task_error(node, base_fail)

    def select_task(self, node: Any, tasks_dict: dict[str, Task]) -> bool:
        """Return whether a task is to be built now, as doit does, but not behind a failed setup.

        A task with setup tasks is asked for twice, and they may have failed in between.
        """
        if node.run_status == "run" and node.bad_deps:
            self._handle_task_error(node, UnmetDependency(""))
            return False
        return bool(super().select_task(node, tasks_dict))

    def run_tasks(self, task_dispatcher: Dispatcher) -> None:
        """Build what is stale of the tasks that a dispatcher hands out, and what comes up then."""
        dispatcher: Dispatcher | None = task_dispatcher
        while dispatcher is not None:
            self._run_through(dispatcher)
            dispatcher = None if self._stop_running else self.further()

    def _run_through(self, task_dispatcher: Dispatcher) -> None:
        tasks, size = task_dispatcher.tasks, self._workforce.size
        order = Order(task_dispatcher, self._dependency.store.durations, size)
        feed = Feed(task_dispatcher)
        with self._workforce.crew(tasks) as crew, self._ended_in_order(crew):
            while True:
                if not self._stop_running:
                    more = self._look(feed, order, crew, tasks)
                    self._start(order, crew)
                if not len(crew):
                    return
                build = crew.next_done(0.0 if more and not self._stop_running else None)
                if build is not None:
                    self.process_task_result(build.node, build.failure)
                    feed.put_back(build.node)

    def _look(self, feed: Feed, order: Order, crew: Crew, tasks: dict[str, Task]) -> bool:
        """Look for tasks that are ready, for a while; return whether there may be more."""
        patience, ready = order.look_seconds(), len(order)
        end = time.monotonic() + patience
        while not self._stop_running:
            if ready and (self._workforce.size == 1 or time.monotonic() >= end):
                return self._workforce.size > 1
            if not crew.has_room and self._workforce.size == 1:
                return False
            node = feed.next()
            if node is None:
                return False
            if not self.select_task(node, tasks):
                feed.put_back(node)
            elif self._dependency.verdicts[node.task.name].state is State.GROUP:
                self._note_begin(node.task)
                self.process_task_result(node, node.task.execute(self.stream))
                feed.put_back(node)
            else:
                if not ready:  # what judges is imported for the first
                    end = time.monotonic() + patience
                order.add(node)
                ready += 1
        return False

    def _start(self, order: Order, crew: Crew) -> None:
        """Start the builds of ready tasks for which there is room."""
        needs = self._workforce.needs
        while len(order) and not self._stop_running and crew.has_room:
            node = order.take(lambda ready: crew.fits(needs(ready.task)))
            if node is None:
                return
            task = node.task
            verdict = self._dependency.verdicts[task.name]
            outcome = self._outcomes[task.name] = Outcome(verdict, notes=[])
            self._note_begin(task)
            steps = self._builder.build(task, outcome, self.stream)
            crew.begin(Build(node, steps, needs(task)))

    def _note_begin(self, task: Task) -> None:
        if task.teardown:
            self.teardown_list.append(task)
        self.reporter.execute_task(task)

    @contextmanager
    def _ended_in_order(self, crew: Crew) -> Iterator[None]:
        """Leave no build on its way behind the block: what is acted on is finished, or undone."""
        root = root_folder()

        def undo(error: BaseException) -> None:
            os.chdir(root)
            crew.abandon(error)

        try:
            with undone_by(undo):
                yield
        except Exception:
            while len(crew):
                build = crew.next_done()
                if build is not None:
                    self.process_task_result(build.node, build.failure)
            raise
        except BaseException as ending:
            crew.abandon(ending)
            raise

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
