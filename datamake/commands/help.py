"""`doit help TASK` and `doit help COMMAND`."""

from __future__ import annotations

from doit.cmd_help import Help as DoitHelp

from datamake.commands.base import DatamakeCommand


class Help(DatamakeCommand, DoitHelp):
    """Show help; of a task, with its parameters."""

    only_looks = True

    def _execute(self, pos_args: list[str]) -> bool:
        name = pos_args[0]
        if not super()._execute(pos_args):
            return False
        lines = list(self.loader.creators.described(name))
        if lines:
            print(f"\nParameters, as in `doit {name} {self.loader.creators.example(name)}`:")
            print("\n".join(f"  {line}" for line in lines))
        return True
