"""doit's control of tasks, linked by their files in time that grows with the number of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from doit.control import TaskControl
from doit.exceptions import InvalidCommand, InvalidTask
from doit.task import Task


class Control(TaskControl):
    """doit's control of tasks. Raises doit's errors for tasks that can't stand together."""

    @staticmethod
    def set_implicit_deps(targets: dict[str, str], task_list: Collection[Task]) -> None:
        """Have tasks depend on those that make their inputs, and note in `targets` who makes what.

        doit looks through all that a task depends on for each of its inputs.
        """
        made = {target: task.name for task in task_list for target in task.targets}
        if len(made.keys() | targets) < sum(len(task.targets) for task in task_list) + len(targets):
            _refuse_twice(task_list)
            TaskControl.set_implicit_deps(targets, task_list)  # one of two makers: doit says so
            return
        targets.update(made)
        for task in task_list:
            known = set(task.task_dep)
            makers = dict.fromkeys(targets[path] for path in task.file_dep if path in targets)
            task.task_dep.extend(name for name in makers if name not in known)

    def choose(self, names: Sequence[str]) -> None:
        """Select the tasks of these names, or by default those that a run selects.

        Raises InvalidCommand where there are none. A run does nothing then, as in plain doit.
        """
        self.process(list(names) or None)
        if names and not self.selected_tasks:
            raise InvalidCommand(f"no task is called {' or '.join(names)}")


def _refuse_twice(tasks: Collection[Task]) -> None:
    """Raise InvalidTask for a task with a target twice, of which doit would make two tasks."""
    for task in tasks:
        for target, times in Counter(task.targets).items():
            if times > 1:
                raise InvalidTask(f"{task.name} names its target {target} {times} times")
