"""doit's dispatcher of tasks, which stumbles over names that only a run brings up."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

from doit.control import TaskControl, TaskDispatcher
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake import graph

# What doit's dispatcher tells itself when a creator has made its tasks.
MADE = "reset generator"


class Dispatcher(TaskDispatcher):
    """Hands out tasks in the order in which they need each other.

    A task that takes values of others with `getargs` comes behind those of them that are handed
    out anyway: doit has it wait for them once it is known to be stale, when it was judged by the
    values that they had before. What a `calc_dep` finds, or a creator that runs late declares, may
    name a task that is not there, or close a circle. Raises InvalidTask then. That the tasks of the
    start need each other in no circle is for `graph.in_order` to say.

    `created` counts how often a creator that runs late has made tasks, which are in `tasks` then:
    one of them may have taken the place, and the name, of what stood for it until then.
    """

    created = 0
    _needed: frozenset[str] = frozenset()
    _needed_of = -1

    @classmethod
    def of(cls, control: TaskControl) -> Dispatcher:
        """Return the dispatcher of the selected tasks, as doit's control makes one."""
        return cls(control.tasks, control.targets, control.selected_tasks)

    def _gen_node(self, parent: Any, task_name: str) -> Any:
        if task_name not in self.tasks and parent is not None:
            raise InvalidTask(f"{parent.task.name} needs {task_name}, which is not a task")
        if not self._may_close_circles:
            # With a parent, doit has each node of a deep chain list all those above it.
            return super()._gen_node(None, task_name)
        if parent is not None and task_name in parent.ancestors:
            circle = parent.ancestors[parent.ancestors.index(task_name) :]
            raise graph.circle([*circle, task_name])
        return super()._gen_node(parent, task_name)

    def _add_task(self, node: Any) -> Iterator[Any]:
        is_behind = False
        for step in super()._add_task(node):
            if step is node.task and not is_behind:
                is_behind = True
                yield from self._wait_for_values(node)
            self.created += isinstance(step, str) and step == MADE
            yield step

    def _wait_for_values(self, node: Any) -> Iterator[Any]:
        """Have a node wait for the tasks whose values it takes, however these end."""
        names = self._handed_out_anyway(graph.sources(node.task, self.tasks))
        for name in names:
            source = self._gen_node(node, name)
            if source is not None:
                yield source
        waits_for = {name for name in names if self.nodes[name].run_status in (None, "run")}
        if not waits_for:
            return
        for name in waits_for:
            self.nodes[name].waiting_me.add(node)
        node.wait_run.update(waits_for)
        yield "wait"
        # It is not said yet that the values are needed.
        node.bad_deps = [n for n in node.bad_deps if n.task.name not in waits_for]
        node.ignored_deps = [n for n in node.ignored_deps if n.task.name not in waits_for]

    @functools.cached_property
    def _may_close_circles(self) -> bool:
        """Whether tasks may come to need others in this run: all else is known to be no circle."""
        return any(task.loader or task.calc_dep for task in self.tasks.values())

    def _handed_out_anyway(self, names: Collection[str]) -> list[str]:
        if names and self._needed_of != self.created:
            self._needed = _needed(self.selected_tasks, self.tasks)
            self._needed_of = self.created
        return [name for name in names if name in self._needed or name in self.nodes]


def _needed(selected: Collection[str], tasks: dict[str, Task]) -> frozenset[str]:
    """Return the selected tasks and those that doit looks at before them, stale or not."""
    found: set[str] = set()
    waiting = list(selected)
    while waiting:
        name = waiting.pop()
        if name not in found and name in tasks:
            found.add(name)
            waiting.extend((*tasks[name].task_dep, *tasks[name].calc_dep))
    return frozenset(found)


class Feed:
    """What a dispatcher hands out, one node of doit's after the other, as long as it can."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._generator = dispatcher.generator
        self._looked_at: deque[Any] = deque()
        self._is_held = self._is_over = False

    def put_back(self, node: Any) -> None:
        """Hear that a node was looked at, or built: its `run_status` says what became of it."""
        self._looked_at.append(node)

    def next(self) -> Any:
        """Return the next node; None where there is none until one that is out is put back.

        Raises InvalidTask.
        """
        while not self._is_over and (self._looked_at or not self._is_held):
            behind = self._looked_at.popleft() if self._looked_at else None
            try:
                node = self._generator.send(behind)
            except StopIteration:
                self._is_over = True
                break
            self._is_held = isinstance(node, str)  # "hold on"
            if not self._is_held:
                return node
        return None
