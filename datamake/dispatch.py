"""doit's dispatcher of tasks, which stumbles over names that only a run brings up."""

from __future__ import annotations

from collections import deque
from typing import Any

from doit.control import TaskControl, TaskDispatcher
from doit.exceptions import InvalidTask


class Dispatcher(TaskDispatcher):
    """Hands out tasks in the order in which they need each other.

    What a `calc_dep` finds, or a creator that runs late declares, may name a task that is not
    there. Raises InvalidTask then.
    """

    @classmethod
    def of(cls, control: TaskControl) -> Dispatcher:
        """Return the dispatcher of the selected tasks, as doit's control makes one."""
        return cls(control.tasks, control.targets, control.selected_tasks)

    def _gen_node(self, parent: Any, task_name: str) -> Any:
        if task_name not in self.tasks and parent is not None:
            raise InvalidTask(f"{parent.task.name} needs {task_name}, which is not a task")
        return super()._gen_node(parent, task_name)


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
