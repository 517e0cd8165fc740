"""`doit clean`: remove what was built, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from doit.action import PythonAction
from doit.cmd_clean import Clean as DoitClean
from doit.task import Task, clean_targets

from datamake.cleaning import Cleaning
from datamake.commands.base import DatamakeCommand

opt_force = {
    "name": "force",
    "long": "force",
    "type": bool,
    "default": False,
    "help": "remove targets too that were edited by hand or not built by datamake",
}


class Clean(DatamakeCommand, DoitClean):  # type: ignore[misc]
    """Remove the targets of tasks, and the folders that were made for them."""

    cmd_options = (*DoitClean.cmd_options, opt_force)
    _force = False

    def _execute(
        self,
        dryrun: bool,
        cleandep: bool,
        cleanall: bool,
        cleanforget: bool,
        pos_args: list[str] | None = None,
        force: bool = False,
    ) -> Any:
        self._force = force
        return super()._execute(dryrun, cleandep, cleanall, cleanforget, pos_args)

    def clean_tasks(self, tasks: Iterable[Task], dryrun: bool, cleanforget: bool) -> None:
        """Clean each task once: its targets where it says so, and its own clean actions."""
        cleaning = Cleaning(self.dep_manager, self.outstream, force=self._force, dry_run=dryrun)
        for task in {task.name: task for task in tasks}.values():
            _take_over(task, cleaning)
            task.clean(self.outstream, dryrun)
            if cleanforget and not dryrun:
                self.dep_manager.remove(task.name)
        cleaning.remove_folders()


def _take_over(task: Task, cleaning: Cleaning) -> None:
    """Have datamake remove targets where doit's own `clean_targets` would."""
    if task._remove_targets:
        task._remove_targets = False
        cleaning.remove_targets(task)
    for action in task.clean_actions:
        if isinstance(action, PythonAction) and action.py_callable is clean_targets:
            action.py_callable = cleaning.clean_targets
