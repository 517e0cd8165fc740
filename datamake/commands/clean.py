"""`doit clean`: remove what was built, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable

from doit.action import PythonAction
from doit.cmd_clean import Clean as DoitClean
from doit.exceptions import InvalidCommand
from doit.task import Task, clean_targets

from datamake import graph
from datamake.clean_order import with_needed, with_sub_tasks
from datamake.cleaning import Choices, Cleaning
from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere
from datamake.control import Control
from datamake.orphans import orphans as find_orphans
from datamake.show.words import listed

opt_force = {
    "name": "force",
    "long": "force",
    "type": bool,
    "default": False,
    "help": "remove targets too that were edited by hand or not built by datamake",
}


opt_orphans = {
    "name": "orphans",
    "long": "orphans",
    "type": bool,
    "default": False,
    "help": "remove what a task made once and no task makes now, and nothing else",
}


class Clean(OptionsAnywhere, DatamakeCommand, DoitClean):
    """Remove the targets of tasks, and the folders that were made for them."""

    cmd_options = (*DoitClean.cmd_options, opt_force, opt_orphans)
    _force = _failed = False

    # doit hands over options by the names in this signature.
    def _execute(
        self,
        dryrun: bool,
        cleandep: bool,
        cleanall: bool,
        cleanforget: bool,
        pos_args: list[str] | None = None,
        force: bool = False,
        orphans: bool = False,
    ) -> int:
        self._force = force
        if orphans:
            if pos_args:
                what = "removes what no task makes any more, whoever made it"
                raise InvalidCommand(f"`doit clean --orphans` {what}: {pos_args[0]!r} is too much")
            self._clean_orphans(dryrun)
        else:
            names = self._to_clean(cleandep, cleanall, pos_args or [])
            tasks = self.tasks
            self.clean_tasks([tasks[name] for name in names], dryrun, cleanforget)
        return int(self._failed)

    def _to_clean(self, cleandep: bool, cleanall: bool, words: list[str]) -> list[str]:
        """Return the tasks to be cleaned, in doit's order; without words what they need too."""
        tasks = Control(self.task_list).tasks
        self.require_tasks(word for word in words if "*" not in word)
        everything = [task.name for task in self.task_list]
        if cleanall:
            return with_needed(tasks, everything)
        if words:
            chosen = self._expand(words)
            return with_needed(tasks, chosen) if cleandep else with_sub_tasks(tasks, chosen)
        chosen = everything if self.sel_tasks is None else self._expand(self.sel_tasks)
        return with_needed(tasks, reversed(chosen))

    def _clean_orphans(self, dryrun: bool) -> None:
        cleaning = self._cleaning(dryrun)
        store, creators = self.dep_manager.store, self.loader.creators
        found = find_orphans(store, self.task_list, creators, self._makers().known)
        for orphan in found:
            cleaning.let_go(orphan.stage, orphan.path)
        cleaning.remove_folders()
        self._failed = cleaning.failed

    def clean_tasks(self, tasks: Iterable[Task], dryrun: bool, cleanforget: bool) -> None:
        """Clean each task once: its targets where it says so, and its own clean actions."""
        cleaning = self._cleaning(dryrun)
        selected = {task.name: task for task in tasks}.values()
        if not any(task._remove_targets or task.clean_actions for task in selected):
            self._say_left(selected)
        for task in selected:
            _take_over(task, cleaning)
            task.clean(self.outstream, dryrun)
            if cleanforget and not dryrun:
                self.dep_manager.remove(task.name)
        cleaning.remove_folders()
        self._failed = cleaning.failed

    def _say_left(self, tasks: Iterable[Task]) -> None:
        """Say what is there, of tasks none of which says that it is cleaned."""
        left = [str(target) for task in tasks for target in task.targets if os.path.lexists(target)]
        if left:
            how = 'a task whose targets are to be removed says `"clean": True`'
            self.outstream.write(f"left {listed(left)}: {how}\n")

    def _cleaning(self, dryrun: bool) -> Cleaning:
        shared = graph.folders_with_targets(self.task_list, self.loader.root)
        choices = Choices(force=self._force, dry_run=dryrun, shared=shared)
        return Cleaning(self.dep_manager, self.outstream, choices)


def _take_over(task: Task, cleaning: Cleaning) -> None:
    """Have datamake remove targets where doit's own `clean_targets` would."""
    if task._remove_targets:
        task._remove_targets = False
        cleaning.remove_targets(task)
    for action in task.clean_actions:
        if isinstance(action, PythonAction) and action.py_callable is clean_targets:
            action.py_callable = cleaning.clean_targets
