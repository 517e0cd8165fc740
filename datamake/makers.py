"""Which task makes which path, of all tasks of a project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.declared import targets_of
from datamake.paths import canonical, is_canonical, lies_below

# What is in no path that is surely in its one spelling, in lines of them.
ODD = re.compile(r"^$|^[./]|/[./]|/$|\\", re.MULTILINE)


class Makers:
    """Maps each target to the name of the task that makes it: `made`, by canonical path.

    `root` is the project's folder. Raises InvalidTask where two tasks would make the same path,
    however it is spelled.
    """

    def __init__(self, tasks: Iterable[Task], root: str) -> None:
        self.root = root
        self._folders: dict[str, str | None] = {}
        self._above: set[str] | None = None
        names: list[str] = []
        paths: list[Any] = []
        for task in tasks:
            targets = targets_of(task)
            paths += targets
            names += [task.name] * len(targets)
        self.made = self._made_once(names, paths) or self._made(names, paths)

    def _made_once(self, names: Sequence[str], paths: Sequence[Any]) -> dict[str, str] | None:
        """Return what makes each path; None unless all are in their one spelling, and made once."""
        # A look at each of very many takes longer than one at all of them.
        plain = {*map(type, paths)} <= {str} and not ODD.search("\n".join(paths))
        made = dict(zip(paths, names, strict=True)) if plain else {}
        return made if len(made) == len(paths) else None

    def _made(self, names: Sequence[str], paths: Sequence[Any]) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, target in zip(names, paths, strict=True):
            plain = type(target) is str and is_canonical(target)
            path = target if plain else canonical(str(target), self.root)
            other = made.setdefault(path, name)
            if other != name:
                raise InvalidTask(
                    f"{path} is a target of both {other} and {name}:"
                    " give each task targets of its own"
                )
        return made

    def targets(self, task: Task) -> list[str]:
        """Return a task's targets in their one spelling."""
        return [canonical(str(path), self.root) for path in targets_of(task)]

    def of(self, path: str) -> Iterator[str]:
        """Yield the tasks that make a path, or a folder above it, and that make what is in it."""
        path = canonical(path, self.root)
        maker = self.made.get(path) or self._of_folder(os.path.dirname(path))
        if maker is not None:
            yield maker
        if path == os.curdir or path in self._all_above():
            yield from (name for made, name in self.made.items() if lies_below(made, path))

    def _of_folder(self, folder: str) -> str | None:
        if not folder or folder == os.sep:
            return None
        if folder not in self._folders:
            made = self.made.get(folder)
            self._folders[folder] = made or self._of_folder(os.path.dirname(folder))
        return self._folders[folder]

    def _all_above(self) -> set[str]:
        """Return every folder below which something is made."""
        if self._above is None:
            self._above = set()
            for path in self.made:
                folder = os.path.dirname(path)
                while folder and folder not in self._above:
                    self._above.add(folder)
                    folder = os.path.dirname(folder)
        return self._above
