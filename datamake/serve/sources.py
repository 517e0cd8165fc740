"""Whether the files of a project have changed since they were looked at: code, settings, data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from datamake.serve.snapshot import Snapshot

# What a project has more is looked at when a run ends and when asked for.
MOST_FILES = 5_000
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})


def files_of(snapshot: Snapshot) -> Iterator[str]:
    """Yield the first inputs and targets of a project's stages, the same ones each time."""
    parts = snapshot.parts.values()
    declared = chain.from_iterable((*part.makes, *part.reads) for part in parts)
    return islice(declared, MOST_FILES)


def stamp(project: str, paths: Iterable[str]) -> int:
    """Return a number that changes with any module of a project, its settings, and these files."""
    seen = (_stat(os.path.join(project, path)) for path in dict.fromkeys(paths))
    return hash((*_code(project), *seen))


def _stat(path: str) -> tuple[str, int, int]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # not there, or a name that no file can have
        return path, 0, -1
    return path, found.st_mtime_ns, found.st_size


def _code(project: str) -> Iterator[tuple[str, int, int]]:
    left = MOST_FILES
    for folder, folders, files in os.walk(project):
        folders[:] = [f for f in folders if not _is_skipped(os.path.join(folder, f))]
        for name in files:
            if name.endswith(".py") or name in ("pyproject.toml", "doit.cfg"):
                left -= 1
                yield _stat(os.path.join(folder, name))
        left -= len(folders)
        if left < 0:
            return


def _is_skipped(folder: str) -> bool:
    name = os.path.basename(folder)
    is_environment = os.path.exists(os.path.join(folder, "pyvenv.cfg"))
    return name.startswith(".") or name in SKIPPED or is_environment
