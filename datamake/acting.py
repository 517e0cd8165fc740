"""Runs a task's actions on staged paths: watched, within their time, and without a trace behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext

from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Stream, Task
from msgspec import Struct

from datamake.actions import Raised, staged_actions, take_results
from datamake.audit import Audit, Opened
from datamake.children import ForeignProcessError, end_children, marked, own_children
from datamake.disk import OWN_PREFIX
from datamake.failure import describe_failure
from datamake.interruption import LeftByExit, TookTooLong, exits_caught, insisted, limited
from datamake.model import Stage
from datamake.outcome import Outcome
from datamake.paths import canonical
from datamake.policy import Policy
from datamake.staging import Staging
from datamake.store_rows import Underway
from datamake.trace import Tracer, unavailable


class Terms(Struct, frozen=True):
    """What holds for one attempt: its lease, and how the stage is to be run.

    `shared` are those of its targets that are folders with files of other stages in them.
    """

    lease: Underway
    policy: Policy
    audit: Audit
    shared: tuple[str, ...] = ()


class Acting:
    """The actions of one attempt.

    Once they have run, `raised` holds what an action raised, `notes` are lines for the person.
    """

    def __init__(self, task: Task, staging: Staging, terms: Terms, root: str) -> None:
        self._task = task
        self._staging = staging
        self._terms = terms
        self._root = root
        self._opened = Opened({}, {})
        self._opened_by_commands = Opened({}, {}, is_followed=False)
        self.raised = Raised()
        self.notes: list[str] = []

    def run(self, stream: Stream) -> BaseFail | None:
        """Run the actions; return doit's failure object, or None.

        Where they fail, the processes that they started are ended.
        """
        task, staging = self._task, self._staging
        names, options = task.targets, task.options
        streams = sys.stdout, sys.stderr
        task.targets = [staging.path(name) for name in names]
        task.options = staging.replace(options)
        task._action_instances = staged_actions(task, staging, self.raised, self._tracer())
        built, older = False, own_children()
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
                self._end_children(older)
            # What an action changed of the process must not reach the next stage.
            os.chdir(self._root)
            sys.stdout, sys.stderr = streams
            task.targets, task.options = names, options
            take_results(task, staging)

    def _end_children(self, older: Collection[int]) -> None:
        try:
            end_children(self._terms.lease.token, older)
        except ForeignProcessError as error:
            self.notes.append(str(error))

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

    def _tracer(self) -> Tracer | None:
        policy, audit = self._terms.policy, self._terms.audit
        if policy.audit_commands == "off" or unavailable() is not None:
            return None
        folder = os.path.join(self._root, OWN_PREFIX)
        return Tracer(self._opened_by_commands, folder, audit.trace_copy)

    def undeclared(self, stage: Stage, outcome: Outcome) -> BaseFail | None:
        """Say, or take for a failure, what the actions opened without having declared it."""
        refused: dict[str, None] = {}
        for opened, declared, what_to_do in self._heard({*stage.file_dep, *stage.targets}):
            said = dict.fromkeys(self._terms.audit.undeclared(opened, declared))
            if what_to_do == "error":
                refused.update(said)
            else:
                outcome.notes.extend(f"{stage.name} {words}" for words in said)
        return TaskFailed("; ".join(f"it {words}" for words in refused)) if refused else None

    def _heard(self, declared: set[str]) -> Iterator[tuple[Opened, set[str], str]]:
        """Yield what Python actions opened, and commands, and how that is to be judged."""
        python, commands, policy = self._opened, self._opened_by_commands, self._terms.policy
        # One action may read what another one wrote.
        if policy.audit != "off":
            opened = Opened(_without(python.read, commands.written), python.written)
            yield opened, declared, policy.audit
        if policy.audit_commands != "off":
            # A command that goes to a folder through a link is seen where the link leads.
            real = {canonical(os.path.realpath(path), self._root) for path in declared}
            read = _without(commands.read, python.written)
            opened = Opened(read, commands.written, is_followed=False)
            yield opened, declared | real, policy.audit_commands


def _without(paths: dict[str, None], others: dict[str, None]) -> dict[str, None]:
    return {path: None for path in paths if path not in others}
