"""The other name of a path: some folder of it is a symbolic link, or it begins with `..`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from datamake.paths import goes_up


class Links:
    """Follows the folders of paths by their links; each folder is looked at once.

    `root` is the project's folder. Paths are canonical, and so are the names that are returned.
    What a path itself is, a link or none, is not looked at. What lies outside of the project is
    named by its whole path.
    """

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._leads_to = {"": self._root}
        self._named: dict[str, str | None] = {"": None}

    def name(self, path: str) -> str | None:
        """Return the other name of a path; None if it has none, which is usual."""
        folder, _, base = path.rpartition("/")
        if folder in self._named:
            named = self._named[folder]
        else:
            named = self._named[folder] = self._name(folder)
        return None if named is None else os.path.join(named, base)

    def names(self, paths: Sequence[str]) -> list[str]:
        """Return paths, and their other names behind them."""
        return [*paths, *(name for path in paths if (name := self.name(path)) is not None)]

    def are_in(self, folders: Iterable[str]) -> bool:
        """Whether any of these folders has another name."""
        return any(self.name(f"{folder}/") is not None for folder in folders)

    def _name(self, folder: str) -> str | None:
        """Return the other name of a folder; None if its own is the only one."""
        led = self._follow(folder)
        if led == os.path.normpath(os.path.join(self._root, folder)) and not goes_up(folder):
            return None
        if led == self._root:
            return ""
        below = led.startswith(self._root + os.sep)
        return led[len(self._root) + 1 :] if below else led

    def _follow(self, folder: str) -> str:
        if folder.startswith((os.sep, os.pardir)):
            if folder not in self._leads_to:
                self._leads_to[folder] = os.path.realpath(os.path.join(self._root, folder))
            return self._leads_to[folder]
        waiting = []  # a path may have more folders than Python has calls within calls
        while folder not in self._leads_to:
            waiting.append(folder)
            folder = folder.rpartition("/")[0]
        led = self._leads_to[folder]
        for below in reversed(waiting):
            led = os.path.join(led, below.rpartition("/")[2])
            led = os.path.realpath(led) if os.path.islink(led) else led
            self._leads_to[below] = led
        return led
