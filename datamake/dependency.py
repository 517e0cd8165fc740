"""What doit knows as its dependency manager, on datamake's store.

doit's commands, `uptodate` entries, `getargs` and `result_dep` ask it for saved values and for
a task's status; a dodo.py reaches it as `doit.Globals.dep_manager`.
"""

from __future__ import annotations

import functools
import os
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from doit.dependency import MD5Checker, TimestampChecker
from doit.task import Task

from datamake.model import Fresh, Record, Seen, State, Verdict
from datamake.plan import changed_inputs
from datamake.redaction import redact_parameters
from datamake.saved_values import SavedValues
from datamake.settings import Settings
from datamake.show import words

# What looks at files, code and records is imported where it is used: `doit list` judges nothing.
if TYPE_CHECKING:
    from datamake.checker import Checker
    from datamake.chronicle import Chronicle
    from datamake.declared_places import DeclaredPlaces
    from datamake.judging import Judge
    from datamake.logs import Logs
    from datamake.meaning import Meanings
    from datamake.spare import Spare
    from datamake.store import Store

STATUS = {
    State.FRESH: "up-to-date",
    State.STALE: "run",
    State.WAITS: "run",
    State.GROUP: "run",
    State.ERROR: "error",
}


class Status:
    """A verdict in the form in which doit's runner asks for it."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.status = STATUS[verdict.state]

    def get_error_message(self) -> str:
        """Return why the task can't be judged."""
        return f"{self.verdict.stage.name} needs {words.unusable(self.verdict.reasons)}"


class Dependency(SavedValues):
    """Saved values and states of tasks.

    `settings` is called when the store is first asked for: by then the dodo.py is known.
    """

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._late_settings = settings
        # Tasks that a run left out are known still, to who asks for their values.
        self.known: dict[str, Task] = {}
        self.tasks: Mapping[str, Task] = {}
        self.seen: dict[str, Seen] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.fresh: dict[str, Fresh] = {}
        # Which targets of other stages than the one named lie in a folder.
        self.others: Callable[[str, str], Iterable[str]] = lambda stage, folder: ()
        # What other stages than the one named read in a folder.
        self.read_in: Callable[[str, str], Iterable[str]] = lambda stage, folder: ()
        # The inputs and targets of all stages.
        self.declared: Callable[[], Iterable[str]] = lambda: ()
        # Of a run that builds.
        self.chronicle: Chronicle | None = None
        self.logs: Logs | None = None

    @functools.cached_property
    def _settings(self) -> Settings:
        return self._late_settings()

    @functools.cached_property
    def _codec(self) -> Any:
        return self._settings.codec()

    @property
    def name(self) -> str:
        """The path of the store."""
        return self._settings.path

    @functools.cached_property
    def store(self) -> Store:
        """The open store."""
        from datamake.store import Store

        settings = self._settings
        return Store.open(settings.path, make=settings.make, wait=settings.wait)

    @functools.cached_property
    def spare(self) -> Spare:
        """The staging folders that attempts of this run hand to each other.

        There are none where a person's own code may look at folders between the attempts.
        """
        from datamake.spare import Spare

        plain = self._settings.checker in (MD5Checker, TimestampChecker)
        delayed = any(task.loader is not None for task in self.tasks.values())
        return Spare(self.store, kept=plain and not delayed)

    @functools.cached_property
    def declared_places(self) -> DeclaredPlaces:
        """Where all that the stages declare really lies."""
        from datamake.declared_places import DeclaredPlaces

        return DeclaredPlaces(self.declared())

    def clear_spare(self) -> None:
        """Remove staging folders that no attempt is using, before a person's own code runs."""
        if "spare" in self.__dict__:
            self.spare.clear()

    @functools.cached_property
    def judge(self) -> Judge:
        """The judge of this project's tasks."""
        from datamake.judging import Judge, Project, root_folder

        settings, root = self._settings, root_folder()
        project = Project(root, settings.policies, self.meanings, self.others)
        return Judge(self.store, self._checker(), project, always=settings.always)

    @functools.cached_property
    def meanings(self) -> Meanings:
        """The reader of what this project's actions mean."""
        from datamake.judging import root_folder
        from datamake.meaning import Meanings

        return Meanings(root_folder())

    @property
    def exists(self) -> bool:
        """Whether there is a store already."""
        return os.path.exists(self._settings.path)

    def said(self) -> tuple[Any, ...]:
        """Return the settings that count for whether a stage is fresh."""
        settings = self._settings
        packages = settings.policies.default.depends_on
        versions = self.meanings.versions(packages) if packages else {}
        return settings.checker.__module__, settings.checker.__qualname__, versions

    def parameters(self, stage: str) -> str:
        """Return the values of a stage's parameters, as one would type them, without secrets."""
        return redact_parameters(self._settings.parameters(stage))

    @functools.cached_property
    def ignored(self) -> frozenset[str]:
        """The names of the tasks that `doit ignore` marked."""
        return self.store.ignored()

    def _checker(self) -> Checker:
        from datamake.checker import ContentChecker, TimeChecker, UserChecker
        from datamake.disk import LocalDisk

        kind, disk = self._settings.checker, LocalDisk(self.store)
        if kind is MD5Checker:
            return ContentChecker(disk)
        if kind is TimestampChecker:
            return TimeChecker(disk)
        return UserChecker(kind())

    def close(self) -> None:
        """Let go of the store, if it was opened."""
        if "store" in self.__dict__:
            store = self.store
            try:
                if "spare" in self.__dict__:
                    self.spare.close()
                self.write_through()
            finally:
                del self.__dict__["store"]
                self.__dict__.pop("judge", None)
                self.__dict__.pop("spare", None)
                store.close()

    def write_through(self) -> None:
        """Flush what was built to the disk."""
        from datamake.durability import write_through

        if self._settings.make:
            write_through(self.store)

    # What doit's runner asks ---------------------------------------------------------------

    def get_status(self, task: Task, tasks_dict: dict[str, Task], get_log: bool = False) -> Status:
        """Judge a task whose upstream is done. Sets the task's `dep_changed`."""
        tasks = ChainMap(tasks_dict, self.known) if self.known else tasks_dict
        return Status(self.verdict(task, tasks))

    def verdict(
        self, task: Task, tasks: Mapping[str, Task], pending: frozenset[str] = frozenset()
    ) -> Verdict:
        """Judge a task; `pending` are the inputs and upstream tasks still to be built."""
        self.tasks = tasks
        if task.uptodate:
            self.clear_spare()
        verdict, seen = self.judge.verdict(task, self, tasks, pending)
        if seen is not None:
            self.seen[task.name] = seen
        self.verdicts[task.name] = verdict
        if seen is not None and verdict.state is State.FRESH:
            states = {**seen.inputs, **seen.outputs}
            self.fresh[task.name] = Fresh(verdict.stage, states, seen.version)
        task.dep_changed = changed_inputs(verdict)
        return verdict

    def status_is_ignore(self, task: Task) -> bool:
        """Whether `doit ignore` marked the task."""
        return task.name in self.ignored

    def remove_success(self, task: Task) -> None:
        """Do nothing: how an attempt ended is recorded by the attempt itself."""

    def _record(self, task_name: str) -> Record | None:
        task = self.tasks.get(task_name)
        if task is None:
            return self.store.latest(task_name)
        return self.judge.known(task).record

    # What commands ask ---------------------------------------------------------------------

    def ignore(self, task: Task) -> None:
        """Mark a task to be passed over."""
        self.store.ignore(task.name)

    def remove(self, task_name: str) -> None:
        """Forget a task."""
        self.store.forget(task_name)

    def remove_all(self) -> None:
        """Forget every task."""
        self.store.forget_all()
