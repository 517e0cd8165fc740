"""Proves tasks fresh by what the store remembers, and notes what a run has proved anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from doit.action import CmdAction
from doit.task import Task

from datamake.codes import Codes
from datamake.declared import Declared
from datamake.dependency import Dependency
from datamake.forks import check_all
from datamake.overall import Overall
from datamake.proofs import Proofs

if TYPE_CHECKING:
    from datamake.checker import Checker


class Proving:
    """The proofs of a project's plain tasks, before a run and after it.

    Nothing counts as proved before it where `always` is asked for.
    """

    def __init__(self, dependency: Dependency, root: str, *, always: bool) -> None:
        said = (root, *dependency.said(), CmdAction.STRING_FORMAT)
        empty: frozenset[Any] = frozenset()
        self._dependency = dependency
        opened = (lambda: dependency.store) if dependency.exists else None
        self._codes = Codes(root, opened, lambda: dependency.meanings)
        self._proofs = Proofs(said, self._codes.of)
        self._known = empty
        self._looks = dependency.exists and not always
        self._ignored = dependency.ignored if dependency.exists else empty
        self._contents: dict[str, bytes] = {}
        self._overall: Overall | None = None

    def all_fresh(self, tasks: Sequence[Task]) -> int:
        """Return how many stages these tasks are, if all are fresh beyond doubt, else 0.

        To be asked first, about all tasks of the project as the loader hands them on.
        """
        if not self._looks or self._ignored:
            return 0
        self._overall = Overall(self._proofs, self._dependency.store)
        return self._overall.proves(tasks)

    def note_all_fresh(self) -> None:
        """Note that all stages were proved fresh, for the next one who asks for that."""
        if self._overall is not None:
            self._overall.record()

    def fresh(self, tasks: Mapping[str, Task]) -> dict[str, Task]:
        """Return those that are fresh beyond doubt, provided that nothing upstream is stale."""
        if not self._looks:
            return {}
        self._known = self._dependency.store.proofs(tasks)
        if not self._known:
            return {}
        declared = [
            task
            for task in tasks.values()
            if type(task) is Declared and not task.is_made and task.name not in self._ignored
        ]
        self._proofs.look_anew(self._overall.take_stamps() if self._overall else None)
        # Once, and not in every process that looks at them.
        self._proofs.read_codes(task.declaration for task in declared)
        answers = check_all(self._is_proved, declared)
        return {task.name: task for task, so in zip(declared, answers, strict=True) if so}

    def _is_proved(self, task: Declared) -> bool:
        declaration = task.declaration
        content = self._proofs.content(declaration)
        return content is not None and self._proofs.now(content, declaration) in self._known

    def keep(self, tasks: Iterable[Task]) -> None:
        """Keep in mind what tasks say that are going to be looked at."""
        for task in tasks:
            if isinstance(task, Declared) and not task.is_made:
                content = self._proofs.content(task.declaration)
                if content is not None:
                    self._contents[task.name] = content

    def record(self) -> None:
        """Note the proofs of the stages that were found or made fresh since.

        To be called when their files have been written through to the disk. Who may not write
        the store leaves it as it is.
        """
        dependency = self._dependency
        if not dependency.store.writable:
            return
        if dependency.fresh:
            self._record_proofs(dependency.judge.checker)
        self._codes.save(dependency.store)

    def _record_proofs(self, checker: Checker) -> None:
        dependency, found = self._dependency, []
        for name, fresh in dependency.fresh.items():
            content = self._contents.get(name)
            if content is None:
                continue
            paths = (*fresh.stage.file_dep, *fresh.stage.targets)
            stamps = [checker.stamp(path, fresh.states[path]) for path in paths]
            if all(stamps):
                found.append((fresh, self._proofs.then(content, stamps)))
        dependency.store.prove(found)
