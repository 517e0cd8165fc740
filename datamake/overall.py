"""A proof that all stages are fresh: one digest of what every one says, and of stat of each file.

Where there are very many, to make a task of each and to prove it by itself takes longer than all
else that a run with nothing to do has to do. The store drops this proof when a record changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blake3 import blake3
from doit.task import Task

from datamake.declared import PLAIN, Batch, Declared
from datamake.forks import gather
from datamake.proofs import SIZE, Proofs, stamp_at
from datamake.stamps import PACKED
from datamake.store import Store

# To look at each of fewer takes no longer.
FEWEST = 1_000

# What a creator may yield of a plain task.
YIELDED = PLAIN | {"basename"}

# Of a path at which no file is. Every file has an inode.
NO_STAMP = bytes(PACKED.size)


class Overall:
    """The proof of all stages of a project, as they are now and as it was noted.

    To be made before the proofs of single stages are read from the store.
    """

    def __init__(self, proofs: Proofs, store: Store) -> None:
        self._proofs = proofs
        self._store = store
        self._version = store.version
        self._count = 0
        self._digest: bytes | None = None
        self._paths: list[str] = []
        self._stamps = b""

    def proves(self, tasks: Iterable[Task]) -> int:
        """Return how many stages these tasks are if all are proved fresh at once, else 0."""
        declarations, names = _declared(tasks)
        enough = FEWEST <= len(declarations) <= self._store.count_proofs()
        contents = self._contents(declarations) if enough else None
        if contents is None:
            return 0
        self._count = len(declarations)
        self._paths = _paths(declarations)
        self._stamps = gather(_stamps_at, self._paths, PACKED.size)
        parts = (self._proofs.said, "\0".join(names).encode("utf-8", "surrogatepass"))
        self._digest = _digest(*parts, contents, self._stamps)
        if self._store.overall() != self._digest:
            return 0
        self._digest = None  # it is noted already
        return self._count

    def _contents(self, declarations: Iterable[Mapping[str, Any]]) -> bytes | None:
        """Return what all stages say; None where the freshness of one hangs on more."""
        contents = []
        for declaration in declarations:
            content = self._proofs.content(declaration) if declaration.keys() <= YIELDED else None
            if content is None:
                return None
            contents.append(content)
        return b"".join(contents)

    def take_stamps(self) -> dict[str, bytes]:
        """Return the stamps of the files, by path, for who proves stages one by one. Once."""
        cut = range(0, len(self._stamps), PACKED.size)
        stamps = (self._stamps[at : at + PACKED.size] for at in cut)
        known = {
            path: stamp
            for path, stamp in zip(self._paths, stamps, strict=True)
            if stamp != NO_STAMP
        }
        self._paths, self._stamps = [], b""
        return known

    def record(self) -> None:
        """Note the proof, where each stage was proved fresh by itself since it was made."""
        if self._digest is not None:
            self._store.note_overall(self._digest, self._count, self._version)


def _declared(tasks: Iterable[Task]) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    """Return what tasks were declared as, and whose they are; nothing unless all are plain."""
    declarations: list[Mapping[str, Any]] = []
    names: list[str] = []
    for task in tasks:
        if isinstance(task, Batch) and task.items:
            declarations += task.items
            names.append(f"{task.name} {len(task.items)}")
        elif isinstance(task, Declared) and not task.is_made:
            declarations.append(task.declaration)
            names.append("")
        else:
            return (), []
    return declarations, names


def _paths(declarations: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the inputs and targets of stages, each once."""
    paths: dict[str, None] = {}
    for declaration in declarations:
        for path in declaration.get("file_dep", ()):
            paths[path] = None
        for path in declaration.get("targets", ()):
            paths[path] = None
    return [*paths]


def _stamps_at(paths: Sequence[str]) -> bytes:
    return b"".join([stamp_at(path) or NO_STAMP for path in paths])


def _digest(*parts: bytes) -> bytes:
    hasher = blake3()
    for part in parts:
        hasher.update(b"%d " % len(part))
        hasher.update(part)
    return hasher.digest(SIZE)
