"""One attempt at building one stage: stage, act, verify, commit, or leave all as it was."""

from __future__ import annotations

import os
import time
import traceback

from doit.action import BaseAction
from doit.exceptions import BaseFail, TaskFailed
from doit.task import Stream, Task

from datamake import keep
from datamake.actions import Raised, failure_message, staged_actions, updates, writes_in_place
from datamake.dependency import Dependency
from datamake.failure import describe_failure, project_frames
from datamake.files import flush, put
from datamake.model import AttemptState, FileState, Record, Seen, Stage
from datamake.outcome import Failure, Outcome, Output
from datamake.plan import moved
from datamake.process import Process
from datamake.staging import Staging
from datamake.store import Underway


class InputsMoved(Exception):
    """Inputs changed while the actions ran, so what they made is of no known input."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(", ".join(paths))
        self.paths = paths


class Attempt:
    """An attempt at a task that was judged stale. `holds_others` keeps a folder in place."""

    def __init__(
        self, task: Task, dependency: Dependency, outcome: Outcome, *, holds_others: bool
    ) -> None:
        self._task = task
        self._dependency = dependency
        self._outcome = outcome
        self._stage: Stage = outcome.verdict.stage
        self._seen: Seen = dependency.seen[task.name]
        self._actions: list[BaseAction] = task.actions
        self._raised = Raised()
        staging = Staging(task.targets, in_place=False)
        in_place = holds_others or writes_in_place(task, staging)
        self._staging = Staging(task.targets, in_place=in_place)
        self._canonical = dict(zip(task.targets, self._stage.targets, strict=False))

    def run(self, stream: Stream) -> BaseFail | None:
        """Build the stage. Returns doit's failure object, or None when it is built.

        Raises InputsMoved where nothing was recorded because an input changed meanwhile.
        """
        started, clock = time.time(), time.monotonic()
        self._begin()
        ended = AttemptState.INTERRUPTED
        try:
            failure = self._act(stream) or self._missing_targets()
            self._outcome.seconds = time.monotonic() - clock
            ended = AttemptState.FAILED
            if failure is None:
                self._check_inputs()
                self._task.save_extra_values()
                self._commit(started)
                ended = AttemptState.BUILT
            else:
                self._set_failure(failure)
            return failure
        finally:
            if ended is not AttemptState.BUILT:
                self._undo()
                self._dependency.store.end(self._stage, ended)
            self._staging.discard()

    def _begin(self) -> None:
        store, staging = self._dependency.store, self._staging
        store.made_folders(staging.missing_folders())
        store.begin(
            self._stage,
            Underway(
                self._stage.name,
                self._stage.targets,
                Process.current(),
                {staging.destinations[target]: path for target, path in staging.paths.items()},
                staging.in_place,
            ),
        )
        staging.prepare(with_last_good=staging.in_place or updates(self._task))

    def _act(self, stream: Stream) -> BaseFail | None:
        task, declared = self._task, self._task.targets
        task.targets = [self._staging.path(target) for target in declared]
        task._action_instances = staged_actions(task, self._staging, self._raised)
        try:
            return task.execute(stream)
        finally:
            task.targets = declared

    def _missing_targets(self) -> BaseFail | None:
        missing = [
            target
            for target in self._task.targets
            if self._staging.result(target) is None and not self._was_written(target)
        ]
        if not missing:
            return None
        return TaskFailed(f"the stage ended without making {', '.join(missing)}")

    def _was_written(self, target: str) -> bool:
        """Whether a target was written under its own name although the action had a staged one."""
        path = self._canonical.get(target, target)
        before = self._seen.outputs.get(path)
        return os.path.lexists(target) and self._state(target, before) != before

    def _state(self, path: str, known: FileState = None) -> FileState:
        return self._dependency.judge.checker.state(path, known)

    def _check_inputs(self) -> None:
        before = dict(self._seen.inputs)
        changed = moved(before, self._dependency.judge.inputs(self._stage, before))
        if changed:
            self._task._action_instances = self._actions
            raise InputsMoved(changed)

    def _commit(self, started: float) -> None:
        staging, outputs = self._staging, {}
        values, result = self._dependency.encoded(self._task)
        for target in self._task.targets:
            path = self._canonical.get(target, target)
            outputs[path] = self._settle(target)
        for staged, place in staging.siblings():
            put(staged, place, None)
            self._outcome.notes.append(f"also wrote {place}, which is not a declared target")
        record = Record(
            stage=self._stage.name,
            targets=self._stage.targets,
            meaning=self._seen.meaning,
            checker=self._seen.checker,
            inputs=self._seen.inputs,
            outputs=outputs,
            values=values,
            result=result,
            started=started,
            seconds=self._outcome.seconds,
        )
        self._dependency.store.commit(self._stage, record)
        self._outcome.outputs = tuple(Output(path, _size(path)) for path in outputs)

    def _settle(self, target: str) -> FileState:
        """Give what the actions made of a target the target's name; return its state."""
        staged, place = self._staging.paths[target], self._staging.destinations[target]
        if self._staging.in_place or not os.path.lexists(staged):
            return self._settle_in_place(target)
        state = self._state(staged)
        flush(staged)
        put(staged, place, self._keep(target, place, state))
        self._dependency.judge.checker.renamed(staged, self._canonical.get(target, target))
        return state

    def _settle_in_place(self, target: str) -> FileState:
        path = self._canonical.get(target, target)
        before, backup = self._seen.outputs.get(path), self._staging.paths[target]
        state = self._state(path)
        flush(path)
        built = self._dependency.store.built(path)
        if os.path.isfile(backup) and before not in (built, state):
            place = keep.place_to_keep(target)
            keep.move(backup, os.path.dirname(place), os.path.basename(place))
            self._note_kept(target, place, built)
        return state

    def _keep(self, target: str, place: str, state: FileState) -> str | None:
        """Return where to keep what is at a target now, None if it is no loss."""
        if not os.path.lexists(place):
            return None
        path = self._canonical.get(target, target)
        built = self._dependency.store.built(path)
        now = self._state(path, built)
        if now in (built, state, None):
            return None
        kept = keep.place_to_keep(target)
        self._note_kept(target, kept, built)
        return kept

    def _note_kept(self, target: str, place: str, built: FileState) -> None:
        edited = "was edited by hand" if built is not None else "was there before the first build"
        self._outcome.notes.append(f"{target} {edited}; that file is kept as {place}")

    def _set_failure(self, failure: BaseFail) -> None:
        folder = keep.failed_folder(self._stage.name)
        partial = self._set_aside(folder)
        error, report = self._raised.exception, ""
        if error is not None:
            report = os.path.join(folder, "traceback.txt")
            with open(report, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write("".join(traceback.format_exception(error)))
        self._outcome.failure = Failure(
            what=describe_failure(error) or failure_message(failure, self._staging),
            where=project_frames(error),
            partial=tuple(partial),
            traceback=report,
        )

    def _set_aside(self, folder: str) -> list[str]:
        """Move what the actions left of the targets out of the way; return where to."""
        moved_to = []
        for target in self._task.targets:
            left = self._staging.result(target)
            path = self._canonical.get(target, target)
            if left is None or os.path.islink(left):
                continue
            if self._staging.in_place and self._state(path) == self._seen.outputs.get(path):
                continue
            moved_to.append(keep.move(left, folder, target))
        return moved_to

    def _undo(self) -> None:
        """Put the last good content back where actions wrote to the targets themselves."""
        if self._staging.in_place:
            if self._outcome.failure is None:
                self._set_aside(keep.failed_folder(self._stage.name))
            staging = self._staging
            restore({staging.destinations[t]: path for t, path in staging.paths.items()})


def restore(staged: dict[str, str]) -> list[str]:
    """Put copies of last good targets, mapped by target, back in place; return the others."""
    others = []
    for target, copy in staged.items():
        if os.path.isfile(copy):
            os.replace(copy, target)
        else:
            others.append(target)
    return others


def _size(path: str) -> int:
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    )
