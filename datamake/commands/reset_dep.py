"""`doit reset-dep`: record what is there now as good, without running anything."""

from __future__ import annotations

from typing import Any

from doit.cmd_base import subtasks_iter
from doit.cmd_resetdep import ResetDep as DoitResetDep
from doit.task import Task

from datamake import acceptance
from datamake.commands.base import DatamakeCommand


class ResetDep(DatamakeCommand, DoitResetDep):
    """Take the present inputs, targets and code of tasks as those of a good build."""

    doc_description = """
Takes what is there now as good: the state of inputs and targets, the code and the arguments
are recorded as those of a build, and no action is run.

This is for targets that were made before datamake came, for a change of what is declared that
is known to be harmless, and for after a change of the option check_file_uptodate.
"""

    def _execute(self, pos_args: list[str] | None = None) -> Any:
        tasks = self.tasks
        self.require_tasks(pos_args or ())
        chosen = list(tasks.values())
        if pos_args:
            named = [tasks[name] for name in pos_args]
            chosen = [t for task in named for t in (task, *subtasks_iter(tasks, task))]
        for task in chosen:
            self.outstream.write(f"{self._reset(task, tasks)}\n")

    def _reset(self, task: Task, tasks: dict[str, Task]) -> str:
        verdict = self.dep_manager.verdict(task, tasks)
        answer = acceptance.judged(self.dep_manager, task, verdict)
        if answer.accepted:
            acceptance.record(self.dep_manager, task, verdict)
            return f"processed {task.name}"
        return f"skip {task.name}" if answer.fresh else f"failed {task.name} ({answer.why})"
