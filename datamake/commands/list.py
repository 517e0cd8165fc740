"""`doit list`: the tasks with their parameters, and on request with their state."""

from __future__ import annotations

from typing import Any

from doit.cmd_list import List as DoitList
from doit.cmd_list import opt_list_status
from doit.control import TaskControl
from doit.task import Task

from datamake.commands.base import DatamakeCommand
from datamake.model import State
from datamake.planner import Planner

LETTER = {
    State.FRESH: "U",
    State.STALE: "R",
    State.WAITS: "W",
    State.IGNORED: "I",
    State.ERROR: "E",
}

opt_status = {
    **opt_list_status,
    "help": (
        "print task status: (R)un, (U)p-to-date, (W)aits for a task that will run,"
        " (I)gnored, (E)rror: an input is missing"
    ),
}


class List(DatamakeCommand, DoitList):
    """List the tasks."""

    only_looks = True
    cmd_options = tuple(
        opt_status if option is opt_list_status else option for option in DoitList.cmd_options
    )
    _letters: dict[str, str] | None = None

    def _execute(
        self,
        subtasks: bool = False,
        quiet: bool = True,
        status: bool = False,
        private: bool = False,
        list_deps: bool = False,
        template: str | None = None,
        sort: str = "name",
        pos_args: list[str] | None = None,
    ) -> Any:
        if status:
            self._letters = self._judged()
        if not quiet:
            self._add_parameters()
        return super()._execute(
            subtasks, quiet, status, private, list_deps, template, sort, pos_args
        )

    def _judged(self) -> dict[str, str]:
        """Return the status letter of every task."""
        control = TaskControl(self.task_list)
        control.process(None)
        planner = Planner(control, self.dep_manager, self.loader.root)
        for _ in planner.verdicts():
            pass
        return {name: LETTER[state] for name, state in planner.states.items()}

    def _add_parameters(self) -> None:
        creators = self.loader.creators
        for task in self.task_list:
            if task.name in creators.parameters:
                task.doc = f"{task.doc}  [{creators.summary(task.name)}]".strip()

    def _print_task(
        self, template: str, task: Task, status: bool, list_deps: bool, tasks: dict[str, Task]
    ) -> None:
        line = {"name": task.name, "doc": task.doc}
        if self._letters is not None:
            line["status"] = self._letters[task.name]
        self.outstream.write(template.format(**line))
        if list_deps:
            self.outstream.writelines(f" -  {path}\n" for path in task.file_dep)
            self.outstream.write("\n")
