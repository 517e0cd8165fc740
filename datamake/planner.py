"""Walks doit's dispatcher as a run would, judging every stage and running none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from doit.control import TaskControl
from doit.task import Task, result_dep

from datamake import graph
from datamake.dependency import Dependency
from datamake.dispatch import Dispatcher
from datamake.judging import is_group
from datamake.model import Stage, State, Verdict
from datamake.paths import canonical

# Of a group's members, the one that is furthest from done says how the group stands.
LEAST_FRESH_FIRST = (State.ERROR, State.STALE, State.WAITS, State.IGNORED)


class Planner:
    """Judges tasks in the order in which a run would come to them.

    `held` names the tasks whose creators only run once something else has been built. `states`
    has the state of every task that was judged; that of a group is its least fresh member's, and
    of the tasks in `unknown`, for which a parameter has no value, it is not known what they make.
    Raises InvalidTask where tasks need each other in a circle.
    """

    def __init__(
        self,
        control: TaskControl,
        dependency: Dependency,
        root: str,
        unknown: Collection[str] = (),
    ) -> None:
        graph.in_order(control.tasks, control.selected_tasks)
        self._tasks: dict[str, Task] = control.tasks
        self._dependency = dependency
        self._root = root
        self._unknown = unknown
        self._dispatcher = Dispatcher.of(control)
        self._made = graph.Producers()
        self._made_of = -1
        self._pending: set[str] = set()
        self._unknown_effects: set[str] = set()
        self.held: list[str] = []
        self.states: dict[str, State] = {}
        for task in list(self._tasks.values()):
            if task.loader:
                task.loader.creator = self._unless_pending(task.name, task.loader)

    def verdicts(self) -> Iterator[tuple[Task, Verdict]]:
        """Yield each task with its verdict, upstream first."""
        dispatcher = self._dispatcher
        node: Any = None
        while True:
            try:
                node = dispatcher.generator.send(node)
            except StopIteration:
                return
            if node.run_status is None:
                verdict = self._verdict(node)
                self.states[node.task.name] = self._state(node.task, verdict)
                yield node.task, verdict
                node.run_status = self._status(node.task, verdict)
            else:  # a stage that would run, sent again behind the tasks that set it up
                node.run_status = "successful"

    def _state(self, task: Task, verdict: Verdict) -> State:
        if not is_group(task):
            return verdict.state
        if task.name in self.held:
            return State.WAITS
        if task.name in self._unknown:
            return State.ERROR
        members = {self.states.get(name) for name in task.task_dep}
        return next((state for state in LEAST_FRESH_FIRST if state in members), State.FRESH)

    def _verdict(self, node: Any) -> Verdict:
        task: Task = node.task
        if node.ignored_deps or self._dependency.status_is_ignore(task):
            return Verdict(Stage(task.name), State.IGNORED)
        waits = self._waits(task)
        verdict = self._dependency.verdict(task, self._tasks, frozenset(waits))
        if verdict.state is State.WAITS:
            return Verdict(verdict.stage, State.WAITS, (), tuple(dict.fromkeys(waits.values())))
        return verdict

    def _status(self, task: Task, verdict: Verdict) -> str:
        if verdict.state is State.IGNORED:
            return "ignore"
        # What calc_dep found the last time is the best guess at what it is going to find.
        task.values = self._dependency.get_values(task.name)
        upstream_unknown = not self._unknown_effects.isdisjoint(task.task_dep)
        if verdict.state is State.GROUP and upstream_unknown:
            self._unknown_effects.add(task.name)
        if verdict.pending or verdict.state is State.ERROR:
            self._pending.add(task.name)
            if not task.targets:
                self._unknown_effects.add(task.name)
            return "run" if task.setup_tasks else "successful"
        return "up-to-date"

    def _waits(self, task: Task) -> dict[str, str]:
        """Map what is still to be built and matters to a task to the task that will build it."""
        if self._made_of != self._dispatcher.created:
            self._made = graph.producers(self._tasks.values(), self._root)
            self._made_of = self._dispatcher.created
        makers = graph.makers(task, self._made, self._root)
        waits = {
            path: maker
            for path, names in makers.items()
            for maker in names
            if maker in self._pending
        }
        results = [e.dep_name for e, _, _ in task.uptodate if isinstance(e, result_dep)]
        asked = [n for name in results for n in graph.with_sub_tasks(name, self._tasks)]
        for name in (*asked, *sorted(task.calc_dep)):
            if name in self._pending:
                waits[name] = name
        for name in self._pending & task.calc_dep:
            for path in self._tasks[name].values.get("file_dep", ()):
                waits.setdefault(canonical(str(path), self._root), name)
        for name in task.task_dep:
            if name in self._unknown_effects:
                waits[name] = name
        return waits

    def _unless_pending(self, name: str, loader: Any) -> Callable[..., Any]:
        creator = loader.creator

        def create(*args: Any, **kwargs: Any) -> Any:
            if loader.task_dep in self._pending:
                self.held.append(name)
                return None
            return creator(*args, **kwargs)

        create.__doc__ = creator.__doc__
        return create
