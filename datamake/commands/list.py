"""`doit list`: the tasks with their parameters, and on request with their state."""

from __future__ import annotations

from typing import Any

from doit.cmd_list import List as DoitList
from doit.cmd_list import opt_list_status
from doit.exceptions import InvalidCommand
from doit.task import Task

from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere, opt_json
from datamake.control import Control
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
        " (I)gnored, (E)rror: an input is missing, or a parameter has no value"
    ),
}


class List(OptionsAnywhere, DatamakeCommand, DoitList):
    """List the tasks."""

    only_looks = True
    cmd_options = (
        *(opt_status if option is opt_list_status else option for option in DoitList.cmd_options),
        opt_json,
    )
    _states: dict[str, State] | None = None

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
        as_json: bool = False,
    ) -> Any:
        self.require_tasks(pos_args or ())
        if status:
            self._states = self._judged()
        self._told: list[Any] | None = [] if as_json else None
        if not (quiet or as_json):
            self._add_parameters()
        code = super()._execute(
            subtasks, quiet, status, private, list_deps, template, sort, pos_args
        )
        if as_json:
            from datamake.show.answers import encoded

            self.outstream.write(encoded({"tasks": self._told}))
        return code

    def _judged(self) -> dict[str, State]:
        """Return the state of every task."""
        control = Control(self.task_list)
        control.process(None)
        missing = self.loader.creators.missing
        planner = Planner(control, self.dep_manager, self.loader.root, missing)
        for _ in planner.verdicts():
            pass
        return planner.states

    def _add_parameters(self) -> None:
        creators = self.loader.creators
        for task in self.task_list:
            if task.name in creators.parameters:
                task.doc = f"{task.doc}  [{creators.summary(task.name)}]".strip()

    def _print_task(
        self, template: str, task: Task, status: bool, list_deps: bool, tasks: dict[str, Task]
    ) -> None:
        state = None if self._states is None else self._states[task.name]
        if self._told is not None:
            from datamake.show.answers import listed

            parameters = self.loader.creators.values_of(task.name)
            self._told.append(listed(task, parameters, state))
            return
        line = {"name": task.name, "doc": task.doc}
        if state is not None:
            line["status"] = LETTER[state]
        try:
            self.outstream.write(template.format(**line))
        except (LookupError, ValueError, AttributeError) as error:
            there = ", ".join(f"{{{name}}}" for name in line)
            wrong = f"--template={template.rstrip()!r} can't be filled in"
            raise InvalidCommand(f"{wrong} ({error}): there are {there}") from error
        if list_deps:
            self.outstream.writelines(f" -  {path}\n" for path in task.file_dep)
            self.outstream.write("\n")
