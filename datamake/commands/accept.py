"""`doit accept`: record the present code and inputs as good, for a change known to be harmless."""

from __future__ import annotations

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand

from datamake import acceptance
from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere
from datamake.control import Control
from datamake.planner import Planner
from datamake.show import words

opt_dry_run = {
    "name": "dry_run",
    "short": "n",
    "long": "dry-run",
    "type": bool,
    "default": False,
    "help": "say what would be accepted, and record nothing",
}

opt_reason = {
    "name": "reason",
    "short": "m",
    "long": "reason",
    "type": str,
    "default": "",
    "help": "why it is harmless; `doit why` shows it",
}


class Accept(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Take stages as built that are stale for a reason that a person knows to be harmless."""

    name = "accept"
    doc_purpose = "take a stale task as built, without running it"
    doc_usage = "TASK/TARGET... [NAME=VALUE...]"
    doc_description = (
        "Records the present code, arguments, inputs and targets of each task as those of a good"
        " build. What is downstream is judged as ever: an input that has changed is a reason there."
    )
    cmd_options = (opt_dry_run, opt_reason)

    def _execute(self, pos_args: list[str], dry_run: bool, reason: str) -> int:
        if not pos_args:
            raise InvalidCommand("say what to accept: type `doit accept TASK`")
        control = Control(self.task_list)
        control.choose(pos_args)
        wanted = {*control.selected_tasks}
        for name in control.selected_tasks:
            wanted.update(n for n in control.tasks[name].task_dep if control.tasks[n].subtask_of)
        planner = Planner(control, self.dep_manager, self.loader.root)
        accepted = refused = 0
        for task, verdict in list(planner.verdicts()):
            if task.name not in wanted:
                continue
            answer = acceptance.judged(self.dep_manager, task, verdict)
            if answer.accepted:
                if not dry_run:
                    acceptance.record(self.dep_manager, task, verdict, reason)
                accepted += 1
                said = "would accept" if dry_run else "accepted"
                self.outstream.write(f"{said} {task.name}: {answer.why}\n")
            elif not answer.fresh:
                refused += 1
                self.outstream.write(f"can't accept {task.name}: {answer.why}\n")
        if not (accepted or refused):
            named = words.listed(control.selected_tasks)
            self.outstream.write(f"nothing to accept: {named} would not run\n")
        return 1 if refused else 0
