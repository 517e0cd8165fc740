"""`doit info TASK`: what a task declares, with the values of its parameters and its verdict."""

from __future__ import annotations

from doit.cmd_info import Info as DoitInfo
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand
from datamake.control import Control
from datamake.model import State
from datamake.planner import Planner

FIELDS = (
    "file_dep",
    "task_dep",
    "setup_tasks",
    "calc_dep",
    "targets",
    "getargs",
    "params",
    "verbosity",
    "watch",
    "meta",
)


class Info(DatamakeCommand, DoitInfo):
    """Show one task. Exit code 1 if it (of a group: a member) is not up to date."""

    only_looks = True
    doc_usage = "TASK [NAME=VALUE...]"

    def _execute(self, pos_args: list[str], hide_status: bool = False) -> int:
        if len(pos_args) != 1:
            raise InvalidCommand("`doit info` takes one task: type `doit info TASK`")
        name = pos_args[0]
        control = Control(self.task_list)
        if name not in control.tasks:
            raise InvalidCommand(not_found=name)
        control.process([name])
        self._write_task(name)
        return 0 if hide_status else self._write_status(control, name)

    def _write_task(self, name: str) -> None:
        task, write = self.tasks[name], self.outstream.write
        write(f"\n{task.name}\n")
        if task.doc:
            write(f"\n{task.doc}\n")
        lines = list(self.loader.creators.described(task.name))
        if lines:
            write("\nparameters\n")
            self.outstream.writelines(f" - {line}\n" for line in lines)
        for field in FIELDS:
            value = getattr(task, field)
            if not value:
                continue
            write(f"\n{field:11s}: ")
            if isinstance(value, int | dict):
                write(f"{value}\n")
            else:
                write("\n")
                self.outstream.writelines(f" - {item}\n" for item in value)

    def _write_status(self, control: Control, name: str) -> int:
        creators = self.loader.creators
        planner = Planner(control, self.dep_manager, self.loader.root, creators.missing)
        verdict = next(verdict for task, verdict in planner.verdicts() if task.name == name)
        state = planner.states[name]
        self.outstream.write(f"\n{'status':11s}: {state.value}\n")
        self.outstream.writelines(f" * {reason}\n" for reason in verdict.reasons)
        if name in creators.missing:
            self.outstream.write(f" * {creators.needs(name)}\n")
        self.outstream.writelines(f" * waits for {other}\n" for other in verdict.waits_for)
        return 0 if state is State.FRESH else 1
