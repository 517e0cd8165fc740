"""Runs a task's actions on staged paths: watched, within their time, and without a trace behind."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext

from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Stream, Task
from msgspec import Struct

from datamake.actions import Raised, staged_actions, take_results
from datamake.audit import Audit, Opened
from datamake.children import end_children, marked
from datamake.failure import describe_failure
from datamake.interruption import LeftByExit, TookTooLong, exits_caught, insisted, limited
from datamake.model import Stage
from datamake.outcome import Outcome
from datamake.policy import Policy
from datamake.staging import Staging
from datamake.store_rows import Underway


class Terms(Struct, frozen=True):
    """What holds for one attempt: its lease, and how the stage is to be run.

    `shared` are those of its targets that are folders with files of other stages in them.
    """

    lease: Underway
    policy: Policy
    audit: Audit
    shared: tuple[str, ...] = ()


class Acting:
    """The actions of one attempt. `raised` holds what an action raised, once they have run."""

    def __init__(self, task: Task, staging: Staging, terms: Terms, root: str) -> None:
        self._task = task
        self._staging = staging
        self._terms = terms
        self._root = root
        self._opened = Opened({}, {})
        self.raised = Raised()

    def run(self, stream: Stream) -> BaseFail | None:
        """Run the actions; return doit's failure object, or None.

        Where they fail, the processes that they started are ended.
        """
        task, staging = self._task, self._staging
        names, options = task.targets, task.options
        streams = sys.stdout, sys.stderr
        task.targets = [staging.path(name) for name in names]
        task.options = staging.replace(options)
        task._action_instances = staged_actions(task, staging, self.raised)
        built = False
        try:
            failure = self._execute(stream)
            built = failure is None
            return failure
        except (TookTooLong, LeftByExit) as error:
            self.raised.exception = error
            return TaskFailed(describe_failure(error))
        except Exception as error:  # noqa: BLE001 - a user's own class of action may raise any
            self.raised.exception = error
            return TaskError(describe_failure(error), error)
        finally:
            if not built:
                end_children(self._terms.lease.token)
            # What an action changed of the process must not reach the next stage.
            os.chdir(self._root)
            sys.stdout, sys.stderr = streams
            task.targets, task.options = names, options
            take_results(task, staging)

    def _execute(self, stream: Stream) -> BaseFail | None:
        with ExitStack() as around:
            for each in (marked(self._terms.lease.token), insisted(), exits_caught()):
                around.enter_context(each)
            around.enter_context(self._watched())
            around.enter_context(limited(self._terms.policy.timeout))
            failure: BaseFail | None = self._task.execute(stream)
        return failure

    def _watched(self) -> AbstractContextManager[Opened]:
        if self._terms.policy.audit == "off":
            return nullcontext(self._opened)
        return self._terms.audit.watching(self._opened)

    def undeclared(self, stage: Stage, outcome: Outcome) -> BaseFail | None:
        """Say, or take for a failure, what the actions opened without having declared it."""
        declared = {*stage.file_dep, *stage.targets}
        said = list(self._terms.audit.undeclared(self._opened, declared))
        if said and self._terms.policy.audit == "error":
            return TaskFailed("; ".join(f"it {words}" for words in said))
        outcome.notes.extend(f"{stage.name} {words}" for words in said)
        return None
