"""Looks at a task, its files and its record, and has them judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from doit.task import Task
from msgspec import Struct

from datamake.below import Below
from datamake.model import FileState, Known, Seen, Stage, State, Unreadable, Verdict
from datamake.paths import canonical, lies_below
from datamake.plan import judge
from datamake.policy import Policies
from datamake.uptodate import answers

if TYPE_CHECKING:
    from datamake.checker import Checker
    from datamake.meaning import Meanings
    from datamake.store import Store


# Of so many stages that are ready to be built, what is known is not asked for again.
MOST_LATELY = 1_000


class Project(Struct, frozen=True):
    """The folder that paths are relative to, how stages are to be run, and what actions mean.

    `others` says of a stage's name and a folder which targets of other stages lie in that.
    """

    root: str
    policies: Policies
    meanings: Meanings
    others: Callable[[str, str], Iterable[str]] = lambda stage, folder: ()


class Judge:
    """Judges the tasks of a project by what the store knows of them."""

    def __init__(
        self, store: Store, checker: Checker, project: Project, *, always: bool = False
    ) -> None:
        self.checker = checker
        self._store = store
        self.root = project.root
        self._policies = project.policies
        self._meanings = project.meanings
        self._others = project.others
        self._always = always
        self._lately: dict[str, tuple[Stage, Known]] = {}

    def stage(self, task: Task) -> Stage:
        """Return a task as a stage."""
        root = self.root
        inputs = dict.fromkeys(canonical(path, root) for path in task.file_dep)
        targets = dict.fromkeys(canonical(path, root) for path in task.targets)
        return Stage(task.name, tuple(inputs), tuple(targets))

    def known(self, task: Task) -> Known:
        """Return what the store knows of a task with its present targets."""
        return self._store.known(self.stage(task))

    def known_at(self, stage: Stage, version: int) -> Known:
        """Return what the store knows of a stage whose record has this version, or a later one."""
        last, known = self._lately.pop(stage.name, (None, None))
        if known is not None and last == stage and known.version == version:
            return known
        return self._store.known(stage)

    def verdict(
        self, task: Task, dependency: Any, tasks: Mapping[str, Task], pending: frozenset[str]
    ) -> tuple[Verdict, Seen | None]:
        """Judge a task; return what was seen with the verdict (None for a group).

        `dependency` has doit's interface for `uptodate` entries. `pending` are the inputs and
        upstream tasks that are still to be built.
        """
        stage = self.stage(task)
        if is_group(task):
            return Verdict(stage, State.GROUP), None
        known = self._store.known(stage)
        seen = self._see(task, stage, known, dependency, tasks)
        verdict = judge(stage, seen, known, pending)
        if verdict.state is State.STALE:  # who builds it will ask
            if len(self._lately) >= MOST_LATELY:
                self._lately.clear()
            self._lately[stage.name] = stage, known
        return verdict, seen

    def inputs(self, stage: Stage, known: dict[str, FileState]) -> dict[str, FileState]:
        """Return the state of every input now; `known` states hold where nothing changed.

        What a stage makes in a folder that it reads is no part of that input.
        """
        own = Below(stage.targets)
        return {path: self._state(path, known.get(path), own.of(path)) for path in stage.file_dep}

    def others_in(self, stage: Stage, target: str) -> tuple[str, ...]:
        """Return what lies in a folder that is a stage's target and is no part of that: other
        stages' targets, and its own inputs.
        """
        return self.belongs_to_others(stage, target) if os.path.isdir(target) else ()

    def belongs_to_others(self, stage: Stage, target: str) -> tuple[str, ...]:
        """Return what of that may lie in a target, if it is or becomes a folder."""
        inputs = [path for path in stage.file_dep if lies_below(path, target)]
        return (*self._others(stage.name, target), *inputs)

    def _state(self, path: str, known: FileState, without: Collection[str] = ()) -> FileState:
        try:
            return self.checker.state(path, known, without)
        except OSError as error:
            return Unreadable(canonical(str(error.filename or path), self.root))

    def _see(
        self, task: Task, stage: Stage, known: Known, dependency: Any, tasks: Mapping[str, Task]
    ) -> Seen:
        record = known.record
        same_checker = record is not None and record.checker == self.checker.name
        inputs = dict(record.inputs) if record is not None and same_checker else {}
        outputs = dict(record.outputs) if record is not None and same_checker else {}
        values = dependency.get_values(task.name) if task.uptodate else {}
        return Seen(
            meaning=self._meanings.of(task, self._policies.of(task).depends_on),
            checker=self.checker.name,
            inputs=self.inputs(stage, inputs),
            outputs={
                path: self._state(path, outputs.get(path), self.others_in(stage, path))
                for path in stage.targets
            },
            uptodate=tuple(answers(task, values, dependency, tasks)),
            forced=self._always,
            version=known.version,
        )


def is_group(task: Task) -> bool:
    """Whether a task only stands for others: nothing to do, to read or to make."""
    return not (task._actions or task.file_dep or task.targets or task.uptodate)


def root_folder() -> str:
    """Return the folder that the paths of tasks are relative to."""
    return os.path.normpath(os.getcwd())
