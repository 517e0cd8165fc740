"""doit's dispatcher of tasks, which stumbles over names that only a run brings up."""

from __future__ import annotations

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
