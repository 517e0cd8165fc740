"""`doit ignore`: pass over tasks until they are forgotten."""

from typing import Any

from doit.cmd_ignore import Ignore as DoitIgnore

from datamake.commands.base import DatamakeCommand
from datamake.control import Control


class Ignore(DatamakeCommand, DoitIgnore):
    """Mark tasks to be passed over."""

    def _execute(self, pos_args: list[str]) -> Any:
        self.require_tasks(pos_args)
        Control(self.task_list)  # refuses in words what can't be followed: a missing task_dep
        return super()._execute(pos_args)
