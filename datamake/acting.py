"""Runs a task's actions on staged paths: watched, within their time, and without a trace behind."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from doit.action import BaseAction
from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Stream, Task
from msgspec import Struct, field

from datamake.actions import Raised, staged_actions
from datamake.audit import Audit, Opened
from datamake.capture import captured
from datamake.children import ForeignProcessError, end_children, marked, own_children
from datamake.exits import exits_caught
from datamake.failure import Told, describe_failure, told
from datamake.insisting import insisted
from datamake.interruption import LeftByExit, TookTooLong
from datamake.logs import LogPlace
from datamake.modules import late_imports
from datamake.open_files import make_room
from datamake.policy import Policy
from datamake.staged_values import staged, unstaged
from datamake.staging import Staging
from datamake.stamps import OWN_PREFIX, Stamp
from datamake.time_limit import limited
from datamake.trace import Tracer, unavailable
from datamake.voice import named, speaking


class Work(Struct):
    """What is needed to run a task's actions, here or in another process or thread.

    `token` marks the processes that they start. The task is as the attempt has it: its own names
    of the targets, its original actions. `verbosity` is what of the output is to be seen at once,
    as doit counts it. What the actions write is logged at `log`, if there is such a place.
    """

    task: Task
    staging: Staging
    token: str
    policy: Policy
    audit: Audit
    root: str
    stream: Stream
    log: LogPlace | None = None


class Acted(Struct):
    """What became of a task's actions; targets have their own names in all of it.

    `failure` is doit's failure object, with `told` for a person. `printed` holds for each action
    what it wrote to standard output and standard error, as far as it was captured; `shown` what
    is still to be written there, because it could not be while other stages ran; where all was
    `said` nothing is. `seconds` is how long they took, `worker` the number of the process that
    ran them. `imported` are files of the project that its process has imported since the run
    began, as they were then.
    """

    failure: BaseFail | None = None
    told: Told | None = None
    values: dict[str, Any] = {}
    result: Any = None
    printed: list[tuple[Any, Any]] = []
    python: Opened = field(default_factory=lambda: Opened({}, {}))
    commands: Opened = field(default_factory=lambda: Opened({}, {}, is_followed=False))
    notes: list[str] = []
    shown: tuple[str, str] = ("", "")
    said: bool = False
    seconds: float = 0.0
    worker: int = 0
    imported: Mapping[str, Stamp | None] = {}


def act(work: Work) -> Acted:
    """Run the actions that are the work of an attempt, in a process of which they have all.

    Where they fail, the processes that they started are ended. What ends this process is raised,
    with what a person has to know as its notes.
    """
    with speaking(work.task, work.stream):
        return Acting(work).run()


class Acting:
    """The actions of one attempt, run in the main thread of a process."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.raised = Raised()
        self.ending: BaseException | None = None
        self.acted = Acted(
            python=Opened({}, {}), commands=Opened({}, {}, is_followed=False), notes=[]
        )

    def run(self) -> Acted:
        """Run the actions; what they changed of the task is put back."""
        work, task, clock = self.work, self.work.task, time.monotonic()
        process = os.getpid()
        late_imports(process)
        names, options, originals = task.targets, task.options, task.actions
        actions = self.staged()
        self.acted.failure = None
        self.acted.said = work.log is not None and named(task, work.stream)
        task.values, task.result = {}, None
        task.targets = [work.staging.path(name) for name in names]
        task.options = staged(work.staging, options)
        task._action_instances = actions
        try:
            self.acted.failure = self._guarded()
        finally:
            task.targets, task.options, task._action_instances = names, options, originals
        self._tell(actions)
        self.acted.seconds = time.monotonic() - clock
        self.acted.worker = process
        self.acted.imported = late_imports(process).look(work.root)
        return self.acted

    def staged(self) -> list[BaseAction]:
        """Return copies of the actions that write to the staged paths."""
        return staged_actions(self.work.task, self.work.staging, self.raised, self._tracer())

    def _guarded(self) -> BaseFail | None:
        built = False
        try:
            failure = self.execute()
            built = failure is None
            return failure
        except (TookTooLong, LeftByExit) as error:
            self.raised.exception = error
            return TaskFailed(describe_failure(error))
        except Exception as error:  # noqa: BLE001 - a user's own class of action may raise any
            self.raised.exception = error
            return TaskError(describe_failure(error), error)
        except BaseException as ending:
            self.ending = ending
            raise
        finally:
            make_room()
            self.behind(built=built)

    def execute(self) -> BaseFail | None:
        """Run the task's actions: watched, within their time, and logged."""
        work, task = self.work, self.work.task
        self._older, self._streams = own_children(), (sys.stdout, sys.stderr)
        with (
            marked(work.token),
            insisted(task.name),
            exits_caught(),
            self.watched(),
            limited(work.policy.timeout, task.name),
            self.captured() as stream,
        ):
            failure: BaseFail | None = task.execute(stream)
        return failure

    def captured(self) -> AbstractContextManager[Stream]:
        """Log what is written in the block to the stream that this yields."""
        return captured(self.work.log, self.work.task, self.work.stream, self.acted.notes)

    def behind(self, *, built: bool) -> None:
        """Take back what the actions changed of the process: it must not reach the next stage."""
        if not built:
            self.end_children(self._older)
        os.chdir(self.work.root)
        sys.stdout, sys.stderr = self._streams

    def end_children(self, older: Collection[int] | None) -> None:
        """End what the attempt started; `older` are the children that were there before it."""
        try:
            end_children(self.work.token, older)
        except ForeignProcessError as error:
            self.acted.notes.append(str(error))
            if self.ending is not None:
                self.ending.add_note(str(error))

    def watched(self) -> AbstractContextManager[Opened]:
        """Collect what Python opens in the block, where that is asked for."""
        if self.work.policy.audit == "off":
            return nullcontext(self.acted.python)
        return self.work.audit.watching(self.acted.python)

    def _tracer(self) -> Tracer | None:
        if self.work.policy.audit_commands == "off" or unavailable() is not None:
            return None
        folder = os.path.join(self.work.root, OWN_PREFIX)
        return Tracer(self.acted.commands, folder, self.work.audit.trace_copy)

    def _tell(self, actions: list[BaseAction]) -> None:
        """Take what the actions left, with targets in the place of staged paths."""
        acted, task = self.acted, self.work.task
        back = functools.partial(unstaged, self.work.staging)
        acted.values, acted.result = back(task.values), back(task.result)
        for action in actions:
            out, err = getattr(action, "out", None), getattr(action, "err", None)
            acted.printed.append((back(out), back(err)))
        if acted.failure is not None:
            acted.told = told(acted.failure, self.raised, actions, self.work.staging)
