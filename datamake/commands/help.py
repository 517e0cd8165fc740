"""`doit help TASK` and `doit help COMMAND`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import Any

from doit.cmd_help import Help as DoitHelp
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand
from datamake.show.stream import Lasting, tolerant
from datamake.spelling import hint


class Help(DatamakeCommand, DoitHelp):
    """Show help; of a task, with its parameters."""

    only_looks = True

    def execute(self, params: Any, args: list[str]) -> int | None:
        """Print the help, as far as there is somebody who reads it."""
        out: Any = Lasting(tolerant(sys.stdout))
        with redirect_stdout(out):
            return super().execute(params, args)

    def _execute(self, pos_args: list[str]) -> bool:
        name = pos_args[0]
        if not super()._execute(pos_args):
            meant = hint(name, [*self.tasks, *self.cmds], ".")
            where = "`doit help` shows the commands, `doit list` the tasks"
            raise InvalidCommand(f"{name!r} is neither a task nor a command{meant} {where}")
        lines = list(self.loader.creators.described(name))
        if lines:
            print(f"\nParameters, as in `doit {name} {self.loader.creators.example(name)}`:")
            print("\n".join(f"  {line}" for line in lines))
        return True
