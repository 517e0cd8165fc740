"""Paths by the folders that they lie in: what is in one is found without a look at all others."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable

from datamake.paths import lies_below


class Below:
    """Canonical paths, of which those below a folder are told in the order in which they came."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._places = {path: place for place, path in enumerate(dict.fromkeys(paths))}
        self._sorted = sorted(self._places)
        self._told: dict[str, list[str]] = {}

    def of(self, folder: str) -> list[str]:
        """Return the paths of what lies in a folder, at whatever depth."""
        if folder not in self._told:
            self._told[folder] = sorted(self._found(folder), key=self._places.__getitem__)
        return self._told[folder]

    def _found(self, folder: str) -> list[str]:
        if folder == os.curdir:
            return [path for path in self._sorted if lies_below(path, folder)]
        above = os.path.join(folder, "")
        # All that begins with it sorts behind it, and before what has its last character raised.
        first = bisect_left(self._sorted, above)
        last = bisect_left(self._sorted, above[:-1] + chr(ord(os.sep) + 1), first)
        return self._sorted[first:last]
