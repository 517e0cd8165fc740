"""One attempt at building one stage: stage, act, verify, commit, or leave all as it was."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Generator
from contextlib import suppress

import msgspec
from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Task

from datamake import keep
from datamake.account import Account
from datamake.acting import Acted, Work
from datamake.actions import updates
from datamake.auditing import undeclared
from datamake.dependency import Dependency
from datamake.failure import Told, describe_failure, write_traceback
from datamake.leases import LeaseLostError
from datamake.logs import LogPlace
from datamake.model import AttemptState, Seen, Stage
from datamake.outcome import Failure, Outcome
from datamake.paths import canonical
from datamake.plan import moved
from datamake.recording import Recording
from datamake.settle import Settlement
from datamake.staged_values import unstaged
from datamake.store_rows import Underway
from datamake.terms import Terms, written_by_name


class InputsMovedError(Exception):
    """Inputs changed while the actions ran, so what they made is of no known input."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(", ".join(paths))
        self.paths = paths


class Attempt:
    """An attempt at a task that was judged stale.

    The lease of its terms is held until it ends: from before it, or from `begin_at_once`.
    """

    def __init__(self, task: Task, dependency: Dependency, outcome: Outcome, terms: Terms) -> None:
        self._task = task
        self._terms = terms
        self._lease = terms.lease
        self._dependency = dependency
        self._outcome = outcome
        self._stage: Stage = outcome.verdict.stage
        self._seen: Seen = dependency.seen[task.name]
        self._root = dependency.judge.root
        record = dependency.judge.known_at(self._stage, self._seen.version).record
        self._by_name = written_by_name(record, self._seen.meaning.code)
        self._staging = terms.staging(task, self._stage, dependency, record, self._root)
        self._told: Told | None = None
        self._made_folders = self._staging.missing_folders()
        self._begun = False
        self._account = Account(self._stage, self._seen, outcome, dependency)
        self._log: LogPlace | None = None
        self._settlement = Settlement(self._staging, self._seen, dependency, self._root)
        self._recording = Recording(self._stage, self._seen, dependency, self._settlement)

    def begin_at_once(self) -> bool:
        """Take the lease and begin, if nobody holds it and nothing was built since the judgement.

        False, with nothing done, where the lease has to be taken in the longer way.
        """
        leases, version = self._dependency.store.leases, self._seen.version
        self._begun = leases.begin(self._stage, self._underway, version)
        if not self._begun:
            self._dependency.spare.keep(self._staging.token, self._staging.emptied() or ())
        return self._begun

    @property
    def _underway(self) -> Underway:
        targets = tuple(self._staging.targets.values())
        return msgspec.structs.replace(self._lease, staging=targets)

    def steps(self) -> Generator[Work, Acted, BaseFail | None]:
        """Build the stage: yield the work of its actions, and be sent what became of it.

        Returns doit's failure object, or None when it is built. Closed, or thrown something into,
        it puts everything back as it was. Raises InputsMovedError where nothing was recorded
        because an input changed meanwhile, and LeaseLostError where nothing was begun because
        somebody else has taken the lease.
        """
        self._begin()
        ended = AttemptState.INTERRUPTED
        lost, moving = False, ""
        try:
            failure = yield from self._build()
            ended = AttemptState.BUILT if failure is None else AttemptState.FAILED
        except InputsMovedError as error:
            ended, moving = AttemptState.FAILED, f"{error} changed while it ran"
            raise
        finally:
            if ended is not AttemptState.BUILT:
                lost = self._lost  # `_undo` lets go of the lease
                folder = None if moving else keep.failed_folder(self._stage.name)
                self._outcome.unfinished = self._undo(ended, folder)
            if moving or ended is AttemptState.INTERRUPTED:
                self._account.end(ended, moving)
        if failure is None:
            self._recording.release(self._lease.token)
            self._outcome.notes.extend(self._settlement.notes)
        elif lost:
            failure = TaskFailed(str(LeaseLostError(self._stage)))
            self._outcome.failure = Failure(failure.message)
        else:
            self._outcome.failure = self._failure(failure)
        self._account.end(ended)
        return failure

    @property
    def _lost(self) -> bool:
        return self._dependency.store.leases.lost(self._stage, self._lease.token)

    def _begin(self) -> None:
        store = self._dependency.store
        if not self._begun:
            store.leases.hold(self._stage, self._underway)
        store.made_folders(canonical(folder, self._root) for folder in self._made_folders)
        keep.clear_failed(self._stage.name)
        self._task.values, self._task.result = {}, None
        self._log = self._account.begin(self._terms.policy)

    def _build(self) -> Generator[Work, Acted, BaseFail | None]:
        try:
            self._staging.prepare(update=updates(self._task))
            try:
                acted = yield self._work()
            except BaseException as ending:
                self._outcome.notes.extend(getattr(ending, "__notes__", ()))
                raise
            self._take(acted)
            if acted.failure is not None:
                return acted.failure
            problem = self._settlement.problem()
            if problem is not None:
                return TaskFailed(problem)
            self._check_inputs()
            return self._refused(acted) or self._edited(acted) or self._commit()
        except LeaseLostError as error:
            return TaskFailed(str(error))
        except OSError as error:
            from datamake.permission import why_not_in_place

            return TaskFailed(why_not_in_place(error, self._staging))

    def _work(self) -> Work:
        terms = self._terms
        return Work(
            task=self._task,
            staging=self._staging,
            token=self._lease.token,
            policy=terms.policy,
            audit=terms.audit,
            root=self._root,
            stream=terms.stream,
            log=self._log,
        )

    def _take(self, acted: Acted) -> None:
        """Have the task and the outcome hold what its actions left."""
        task = self._task
        task.executed, task.values, task.result = True, acted.values, acted.result
        for action, (out, err) in zip(task.actions, acted.printed, strict=False):
            action.out, action.err = out, err
        self._told = acted.told
        self._account.worker = acted.worker
        self._outcome.notes.extend(acted.notes)
        self._outcome.seconds = acted.seconds
        for text, stream in zip(acted.shown, (sys.stdout, sys.stderr), strict=True):
            if text:
                stream.write(text)
                stream.flush()

    def _refused(self, acted: Acted) -> BaseFail | None:
        """Say, or take for a failure, what the actions opened without having declared it."""
        refused, notes = undeclared(acted, self._stage, self._terms.policy, self._terms.audit)
        self._outcome.notes.extend(notes)
        return TaskFailed(refused) if refused else None

    def _edited(self, acted: Acted) -> BaseFail | None:
        """Return a failure where code that was imported late is not the code that was judged."""
        if not acted.imported:
            return None
        edited = self._dependency.meanings.edited(acted.imported, self._seen.meaning)
        if edited is None:
            return None
        return TaskFailed(f"{edited} was edited before {self._stage.name} imported it")

    def _check_inputs(self) -> None:
        before = dict(self._seen.inputs)
        changed = moved(before, self._dependency.judge.inputs(self._stage, before))
        if changed:
            raise InputsMovedError(changed)

    def _commit(self) -> BaseFail | None:
        try:
            self._task.save_extra_values()
            saved = self._dependency.encoded(self._task)
        except Exception as error:  # noqa: BLE001 - `uptodate` entries bring code of their own
            return TaskError(f"its values can't be saved: {describe_failure(error)}")
        self._settlement.flush()
        with self._dependency.store.leases.fenced(self._stage, self._lease.token):
            outputs = self._settlement.settle()
            self._recording.record(outputs, saved, self._by_name, self._outcome, self._account)
        return None

    def _undo(self, ended: AttemptState, folder: str | None) -> tuple[str, ...] | None:
        """Put everything back as it was; return where the unfinished targets are.

        None where nothing could be put back, or is this attempt's any more.
        """
        store = self._dependency.store
        if self._lost:
            # Who took over clears what this attempt left; what is there now is not its own.
            if not self._staging.holds_last_good():
                self._staging.discard()
            return None
        try:
            unfinished = self._settlement.roll_back(folder)
        except OSError as error:
            # The mark of the attempt stays, so that the next run tries it again.
            held = ", ".join(self._staging.folders())
            note = f"could not be put back as it was ({error}): what it was is held in {held}"
            self._outcome.notes.append(note)
            return None
        self._staging.discard()
        for made in reversed(self._made_folders):
            with suppress(OSError):  # somebody else uses it by now
                os.rmdir(made)
                store.removed_folder(canonical(made, self._root))
        try:
            store.leases.end(self._stage, self._lease.token, ended)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            # What is unfinished takes the room that the store needs.
            keep.clear_failed(self._stage.name)
            store.leases.end(self._stage, self._lease.token, ended)
            return ()
        return tuple(unfinished)

    def _failure(self, failure: BaseFail) -> Failure:
        keep.make_room(self._stage.name)
        told = self._told or Told(unstaged(self._staging, str(failure.message)))
        return Failure(
            what=told.what,
            where=told.where,
            partial=self._outcome.unfinished or (),
            traceback=write_traceback(told.traceback, self._stage.name),
        )
