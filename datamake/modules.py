"""The modules of a project that Python has imported, and how their files were then."""

from __future__ import annotations

import functools
import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

from datamake.stamps import Stamp, stamp_of


def project_modules(root: str, behind: int = 0) -> Iterator[tuple[ModuleType, str]]:
    """Yield the modules that came from a project's folder, with their files, in order of import.

    The first so many modules of the process, of whatever origin, are left out.
    """
    library = sys.prefix + os.sep  # an environment that lies in the project
    for module in list(itertools.islice(sys.modules.values(), behind, None)):
        path = getattr(module, "__file__", None)
        # What stands in for a module may have any attribute, whatever it is.
        if not isinstance(path, str):
            continue
        if path.startswith(root + os.sep) and not path.startswith(library):
            yield module, path


def saved_since(root: str, began_ns: int) -> str | None:
    """Return a file that was saved since a time (ns since the epoch) and is imported, if any is.

    What of it was imported can't be known any more.
    """
    for _, path in project_modules(root):
        stamp = stamp_at(path)
        # The time of modification is set by whoever copies a file, this one is not.
        if stamp is not None and stamp.ctime_ns > began_ns:
            return path
    return None


def stamp_at(path: str) -> Stamp | None:
    """Return the stamp of a file, None where there is none."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


class LateImports:
    """What a process imports from now on: the files of a project's modules as they were then."""

    def __init__(self) -> None:
        self._count = len(sys.modules)
        self._stamps: dict[str, Stamp | None] = {}

    def look(self, root: str) -> Mapping[str, Stamp | None]:
        """Return the stamps of all files that were imported until now.

        To be called soon behind an import: until then an edit is taken for one before it.
        """
        if len(sys.modules) != self._count:
            late = [path for _, path in project_modules(root, self._count)]
            self._stamps = {**self._stamps, **{path: stamp_at(path) for path in late}}
            self._count = len(sys.modules)
        return self._stamps


@functools.cache
def late_imports(process: int) -> LateImports:
    """Return those of a process, which is this one, since this was first asked for."""
    return LateImports()
