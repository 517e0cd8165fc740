"""Where targets come from, as the page shows it: from the store and stat alone, no file is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from msgspec import structs

from datamake.model import FileState
from datamake.origin import Origin
from datamake.process import boot_id
from datamake.provenance import Memory, Reach, UnreadError, trace
from datamake.redaction import redact
from datamake.serve.bounded import Bounds
from datamake.serve.live import Live
from datamake.serve.options import Options
from datamake.serve.snapshot import Snapshot
from datamake.show import answers
from datamake.show.origins import origin_lines
from datamake.stamps import Stamp, stamp_of, stat_of
from datamake.store import Store

MOST_TARGETS = 5
MOST_ORIGINS = 100
MOST_OUTLINED = 40
MOST_LEVELS = 12
MOST_LINES = 200
MOST_LETTERS = 2_000
MOST_ATTEMPTS = 20


class GlanceChecker:
    """Tells the states of files that the store remembers under what stat says, and reads none."""

    name = "glance"

    def __init__(self, store: Store, root: str) -> None:
        self._store = store
        self._root = root
        self._boot = boot_id()

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        """Return the state of a path. Raises UnreadError where a file would have to be read."""
        found = stat_of(os.path.join(self._root, path))
        if found is None:
            return None
        if isinstance(known, int):  # files are compared by their times
            return found.st_mtime_ns
        cached = self._store.cached_file(path) if stat.S_ISREG(found.st_mode) else None
        if cached is None or not cached.holds_for(stamp_of(found), self._boot):
            raise UnreadError(path)
        return cached.digest

    def seal(self, path: str, found: os.stat_result) -> None:
        """Do nothing: nothing is made here."""

    def stamp(self, path: str, state: FileState) -> Stamp | None:
        """Return None: nothing is proven here."""

    def renamed(self, old: str, new: str) -> None:
        """Do nothing: nothing is renamed here."""


def origins(options: Options, live: Live, store: Store, path: str) -> dict[str, Any]:
    """Return what `doit history FILE --json` does, and whether any of it is left out.

    Raises KeyError for what no stage has built.
    """
    if not _is_built(store, path):
        raise KeyError(path)
    found, is_cut = _first(_memory(options, live, store), path, MOST_ORIGINS)
    bounds = Bounds()
    told = [bounds.within(answers.origin(origin)) for origin in found]
    about = {"version": answers.VERSION, "file": path, "origins": told}
    return {**about, "truncated": is_cut or bounds.exceeded}


def outlines(options: Options, live: Live, store: Store, paths: Iterable[str]) -> dict[str, Any]:
    """Return the outlines of where the first targets that were built come from, in lines."""
    built = [path for path in paths if _is_built(store, path)]
    memory = _memory(options, live, store) if built else None
    files = [
        {"path": path, "lines": _outline(memory, path)}
        for path in built[:MOST_TARGETS]
        if memory is not None
    ]
    return {"files": files, "more": len(built) - len(files)}


def _is_built(store: Store, path: str) -> bool:
    return "\0" not in path and store.built(path) is not None


def _memory(options: Options, live: Live, store: Store) -> Memory:
    snapshot = live.snapshot or Snapshot()
    declared = {path: part.name for part in snapshot.parts.values() for path in part.makes}
    reach = Reach(options.project, MOST_ATTEMPTS, former=False)
    return Memory(store, GlanceChecker(store, options.project), declared, reach)


def _first(memory: Memory, path: str, most: int) -> tuple[list[Origin], bool]:
    """Return the first files of a provenance, and whether there are more."""
    found = list(islice(trace(memory, path, MOST_LEVELS), most + 1))
    deep = any(o.depth == MOST_LEVELS and o.maker is not None and o.maker.inputs for o in found)
    return found[:most], deep or len(found) > most


def _without_secrets(origin: Origin) -> Origin:
    maker = origin.maker
    if maker is None:
        return origin
    hidden = structs.replace(
        maker,
        arguments={name: redact(text) for name, text in maker.arguments.items()},
        parameters=redact(maker.parameters),
        accepted=redact(maker.accepted),
    )
    return structs.replace(origin, maker=hidden)


def _outline(memory: Memory, path: str) -> list[str]:
    found, is_cut = _first(memory, path, MOST_OUTLINED)
    lines = list(islice(_cut(origin_lines(map(_without_secrets, found))), MOST_LINES + 1))
    if is_cut or len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"... and more: `doit history {path}` shows all"]
    return lines


def _cut(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS]}…"
