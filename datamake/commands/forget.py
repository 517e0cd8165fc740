"""`doit forget`: drop what is recorded of tasks."""

from doit.cmd_forget import Forget as DoitForget

from datamake.commands.base import DatamakeCommand
from datamake.control import Control


class Forget(DatamakeCommand, DoitForget):
    """Forget tasks: they count as never built, and are ignored no longer."""

    sel_tasks: list[str] | None

    def _execute(
        self, forget_sub: bool, forget_disable_default: bool, forget_all: bool
    ) -> int | None:
        if self.sel_tasks is None:  # no default_tasks: every task; sub-tasks with their group
            self.sel_tasks = [task.name for task in self.task_list if task.subtask_of is None]
        if not forget_all:
            self.require_tasks(self.sel_tasks)
            Control(self.task_list)  # refuses in words what can't be followed: a missing task_dep
        result: int | None = super()._execute(forget_sub, forget_disable_default, forget_all)
        return result
