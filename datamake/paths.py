"""Paths as tasks declare them: in one spelling, and in the order of declaration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator


class DeclaredPaths(set[str]):
    """A set of paths that is iterated in the order in which they were added.

    It stands in for the plain set in which doit keeps a task's `file_dep`.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._order = dict.fromkeys(paths)
        super().__init__(self._order)

    def __iter__(self) -> Iterator[str]:
        if not self:
            return iter(())
        known = [path for path in self._order if path in self]
        # set's own methods (`update`, `discard`) change what is in it without telling the order.
        return iter(known if len(known) == len(self) else known + self._unordered())

    def _unordered(self) -> list[str]:
        return sorted(path for path in super().__iter__() if path not in self._order)

    def add(self, path: str) -> None:
        """Add a path behind the others, if it is new."""
        self._order.setdefault(path)
        super().add(path)

    def __reduce__(self) -> tuple[type[DeclaredPaths], tuple[list[str]]]:
        return DeclaredPaths, (list(self),)


def canonical(path: str, root: str) -> str:
    """Return the one spelling of a path: relative to `root` if it lies below, no `.` or `..`.

    Symbolic links are not followed. `root` is absolute and normal.
    """
    if is_canonical(path):
        return path
    path = os.path.normpath(path)
    # One that goes up may come down again into the same folder.
    whole = os.path.normpath(os.path.join(root, path)) if goes_up(path) else path
    if os.path.isabs(whole) and whole.startswith(root + os.sep):
        return whole[len(root) + 1 :]
    return path


def folder_of(path: str) -> str:
    """Return the folder that a canonical path lies in, "" for that which it is relative to."""
    above, slash, _ = path.rpartition(os.sep)
    return above or slash


def goes_up(path: str) -> bool:
    """Whether a normal path is of something that is not below the folder it is relative to."""
    return path == os.pardir or path.startswith(os.pardir + os.sep)


def folders_of(paths: Iterable[str], root: str) -> frozenset[str]:
    """Return every folder that a path lies in, at whatever depth, in its one spelling."""
    odd, folders = set(), set()
    for path in paths:
        if ".." in path or path[-1:] in "/.":
            odd.add(canonical(path, root))
        else:
            folders.add(path.rpartition("/")[0])
    waiting = [os.path.dirname(path) for path in odd]
    waiting += [canonical(folder, root) for folder in folders if folder]
    found: set[str] = set()
    for start in waiting:
        folder = start
        while folder not in ("", os.curdir, os.sep) and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return frozenset(found)


def lies_below(path: str, folder: str) -> bool:
    """Whether a canonical path is of something in a folder, at whatever depth."""
    if folder == os.curdir:
        return not os.path.isabs(path) and path != os.curdir and not path.startswith(os.pardir)
    return path.startswith(os.path.join(folder, ""))


def holds(path: str, folder: str) -> bool:
    """Whether a path is that of a folder itself, or of one that it lies in. Links are followed
    by neither; `folder` is absolute and normal.
    """
    above = os.path.normpath(os.path.join(folder, path))
    return folder == above or folder.startswith(os.path.join(above, ""))


def is_canonical(path: str) -> bool:
    """Whether a path is surely in its one spelling; False where a closer look is needed."""
    return not (
        path[:1] in ".\\/" or path[-1:] == "/" or "//" in path or "/." in path or "\\" in path
    )
