"""Where all that the stages of a project declare really lies, by way of links."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from datamake.below import Below
from datamake.paths import lies_below


class DeclaredPlaces:
    """The inputs and targets of all stages (canonical paths) by the places where they lie."""

    def __init__(self, paths: Iterable[str]) -> None:
        folders: dict[str, str] = {}
        self._paths: dict[str, list[str]] = {}
        for path in paths:
            folder, base = os.path.split(path)
            if folder not in folders:
                folders[folder] = os.path.realpath(folder or os.curdir)
            place = os.path.join(folders[folder], base)
            if os.path.islink(place):
                place = os.path.realpath(place)
            self._paths.setdefault(place, []).append(path)
        self._below = Below(self._paths)

    def overlap(self, place: str, own: Collection[str]) -> bool:
        """Whether a place, absolute and without links, holds or lies in what is declared.

        What is declared under the paths in `own`, or below them, does not count.
        """
        around = place
        while around != os.path.dirname(around):
            if self._others_at(around, own):
                return True
            around = os.path.dirname(around)
        below = self._below.of(place) if os.path.isdir(place) else ()
        return any(self._others_at(other, own) for other in below)

    def _others_at(self, place: str, own: Collection[str]) -> bool:
        return any(
            path not in own and not any(lies_below(path, target) for target in own)
            for path in self._paths.get(place, ())
        )
