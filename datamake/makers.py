"""Which task makes which path, of all tasks of a project."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.below import Below
from datamake.declared import paths_of, targets_of
from datamake.links import Links
from datamake.paths import canonical, holds, is_canonical
from datamake.stamps import OWN_PREFIX

# What is in no path that is surely in its one spelling, where each has a line of its own.
ODD = ("\n\n", "\n.", "\n/", "/.", "//", "/\n", "\\")


class Makers:
    """Maps each target to the name of the task that makes it: `made`, by canonical path.

    `known` has them by their other names too, if folders are links: `links` says to where. `root`
    is the project's folder. Raises InvalidTask where two tasks would make the same path, however it
    is spelled, and where one would make the project's folder or what is datamake's own.
    """

    def __init__(self, tasks: Iterable[Task], root: str) -> None:
        self.root = root
        self.links = Links(root)
        self._folders: dict[str, str | None] = {}
        self._above: set[str] | None = None
        names: list[str] = []
        paths: list[Any] = []
        for task in tasks:
            for path in paths_of(task, "targets"):
                paths.append(path)
                names.append(task.name)
        self.made = self._made_once(names, paths) or self._made(names, paths)
        self.known = self._known_by_links()

    def _known_by_links(self) -> dict[str, str]:
        """Return what makes each path by all its names.

        Refuses one file with two makers who name it through different folders.
        """
        if not self.links.are_in({path.rpartition("/")[0] for path in self.made}):
            return self.made
        linked = {path: name for path in self.made if (name := self.links.name(path)) is not None}
        makers: dict[str, str] = {}
        for path, name in self.made.items():
            other = makers.setdefault(linked.get(path, path), name)
            if other != name:
                raise InvalidTask(_two_makers(path, other, name))
        return makers | self.made

    def _made_once(self, names: Sequence[str], paths: Sequence[Any]) -> dict[str, str] | None:
        """Return what makes each path; None unless all are in their one spelling, and made once."""
        # A look at each of very many takes longer than one at all of them.
        made = dict(zip(paths, names, strict=True)) if _are_plain(paths) else {}
        return made if len(made) == len(paths) else None

    def _made(self, names: Sequence[str], paths: Sequence[Any]) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, target in zip(names, paths, strict=True):
            if type(target) is str and is_canonical(target):
                path = target
            else:
                path = canonical(str(target), self.root)
                _refuse_what_holds_all(path, str(target), name, self.root)
            other = made.setdefault(path, name)
            if other != name:
                raise InvalidTask(_two_makers(path, other, name))
        return made

    def targets(self, task: Task) -> list[str]:
        """Return a task's targets in their one spelling, and their other names by links."""
        return self.links.names([canonical(str(path), self.root) for path in targets_of(task)])

    def of(self, path: str) -> Iterator[str]:
        """Yield the tasks that make a path, or a folder above it, and that make what is in it."""
        for name in self.links.names([canonical(path, self.root)]):
            maker = self.known.get(name) or self._of_folder(os.path.dirname(name))
            if maker is not None:
                yield maker
            if name == os.curdir or name in self._all_above():
                yield from (self.known[made] for made in self.below.of(name))

    @functools.cached_property
    def below(self) -> Below:
        """What is made, by the folders that it lies in."""
        return Below(self.known)

    def _of_folder(self, folder: str) -> str | None:
        if not folder or folder == os.sep:
            return None
        if folder not in self._folders:
            made = self.known.get(folder)
            self._folders[folder] = made or self._of_folder(os.path.dirname(folder))
        return self._folders[folder]

    def _all_above(self) -> set[str]:
        """Return every folder below which something is made."""
        if self._above is None:
            self._above = set()
            for path in self.known:
                folder = os.path.dirname(path)
                while folder and folder not in self._above:
                    self._above.add(folder)
                    folder = os.path.dirname(folder)
        return self._above


def _are_plain(paths: Sequence[Any]) -> bool:
    """Whether paths are texts, each of them surely in its one spelling."""
    if not {*map(type, paths)} <= {str}:
        return False
    lines = "\n".join(("", *paths, ""))
    return not paths or not any(odd in lines for odd in ODD)


def _two_makers(path: str, name: str, other: str) -> str:
    return f"{path} is a target of both {name} and {other}: give each task targets of its own"


def _refuse_what_holds_all(path: str, target: str, name: str, root: str) -> None:
    """Raise InvalidTask for a target that can't be one task's own, in any spelling."""
    if holds(path, root):
        what = f"{target!r} is no target" if target else "an empty name is no target"
        raise InvalidTask(f"{name}: {what}: that is the folder with the whole project in it")
    if path == OWN_PREFIX or path.startswith(f"{OWN_PREFIX}{os.sep}"):
        raise InvalidTask(f"{name}: {target!r} is no target: that folder is datamake's own")
