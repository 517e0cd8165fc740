"""`doit reset-dep`: record what is there now as good, without running anything."""

from __future__ import annotations

import time
from typing import Any

from doit.cmd_base import check_tasks_exist, subtasks_iter
from doit.cmd_resetdep import ResetDep as DoitResetDep
from doit.task import Task

from datamake.commands.base import DatamakeCommand
from datamake.model import Record, State, Verdict


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
        check_tasks_exist(tasks, pos_args)
        chosen = list(tasks.values())
        if pos_args:
            named = [tasks[name] for name in pos_args]
            chosen = [t for task in named for t in (task, *subtasks_iter(tasks, task))]
        for task in chosen:
            self.outstream.write(f"{self._reset(task)}\n")

    def _reset(self, task: Task) -> str:
        verdict = self.dep_manager.verdict(task, self.tasks)
        if verdict.state in (State.FRESH, State.GROUP):
            return f"skip {task.name}"
        seen = self.dep_manager.seen[task.name]
        missing = [p for p, s in {**seen.inputs, **seen.outputs}.items() if s is None]
        if missing:
            return f"failed {task.name} ({', '.join(missing)} does not exist)"
        self.dep_manager.store.commit(verdict.stage, self._record(task, verdict))
        return f"processed {task.name}"

    def _record(self, task: Task, verdict: Verdict) -> Record:
        seen = self.dep_manager.seen[task.name]
        last = self.dep_manager.judge.known(task).record
        task.values = self.dep_manager.get_values(task.name)
        task.save_extra_values()
        values, result = self.dep_manager.encoded(task)
        return Record(
            stage=task.name,
            targets=verdict.stage.targets,
            meaning=seen.meaning,
            checker=seen.checker,
            inputs=seen.inputs,
            outputs=seen.outputs,
            values=values,
            result=result if last is None else last.result,
            started=time.time() if last is None else last.started,
            seconds=0.0 if last is None else last.seconds,
        )
