"""`doit why`: why a stage is stale, or what makes it fresh."""

from __future__ import annotations

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere, opt_json
from datamake.control import Control
from datamake.planner import Planner
from datamake.show.explanation import explain


class Why(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Explain the verdict on stages."""

    only_looks = True
    name = "why"
    doc_purpose = "say why a task is stale, or what makes it up to date"
    doc_usage = "TASK/TARGET... [NAME=VALUE...]"
    doc_description = "Without a task: every task that is not up to date."
    cmd_options = (opt_json,)

    def _execute(self, as_json: bool, pos_args: list[str]) -> int:
        from datamake.show import answers

        control = Control(self.task_list)
        control.choose(pos_args)
        missing = self.loader.creators.missing.keys() & set(control.selected_tasks)
        if pos_args and missing:
            name = min(missing)
            raise InvalidCommand(self.loader.creators.needs(name))
        wanted = self._wanted(control)
        planner = Planner(control, self.dep_manager, self.loader.root)
        told: list[answers.Document] = []
        any_told = False
        for task, verdict in planner.verdicts():
            if task.name in wanted and (pos_args or verdict.reasons or verdict.waits_for):
                any_told = True
                known = self.dep_manager.judge.known(task)
                seen = self.dep_manager.seen.get(task.name)
                if as_json:
                    told.append(answers.verdict(verdict, seen, known.record))
                else:
                    lines = explain(verdict, seen, known.record)
                    self.outstream.writelines(f"{line}\n" for line in lines)
        if as_json:
            self.outstream.write(answers.encoded({"stages": told}))
        elif not any_told and not pos_args:
            self.outstream.write("nothing is stale\n")
        return 0

    def _wanted(self, control: Control) -> set[str]:
        wanted = set(control.selected_tasks)
        for name in control.selected_tasks:
            task = control.tasks[name]
            if task.has_subtask:
                wanted |= {sub for sub in task.task_dep if control.tasks[sub].subtask_of == name}
        return wanted
