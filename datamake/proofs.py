"""Proofs that a stage is fresh: digests of all that made the judge say so.

A proof covers what a plain task declares, the meaning of its code, and what stat says of each of
its files. Whoever finds the same proof in the store knows the verdict without asking for it: the
store drops a stage's proof with any change of what it knows of the stage. Without one, the judge
decides, so a missing proof costs time and nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any

import msgspec
from blake3 import blake3

from datamake.stamps import KIND, PACKED, REGULAR, packed_stamp_of

SCALARS = frozenset({str, bytes, int, float, bool, type(None)})
SEQUENCES = frozenset({list, tuple})
SIZE = 16

# Tasks that share an input mostly follow each other; to keep all stamps takes longer than to look
# at some files again.
MOST_STAMPS = 4096

# To be counted up when what a proof covers changes.
FORMAT = 1


class Proofs:
    """Makes the proofs of one project's stages.

    `said` is all that counts for every stage: settings, the project's folder. `code` returns a
    digest of what a function means.
    """

    def __init__(self, said: Any, code: Callable[[FunctionType], str]) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._said = self._encode((FORMAT, sys.version, said))
        self._read = code
        self._codes: dict[FunctionType, str | None] = {}
        self._stamps: dict[str, bytes] = {}

    def look_anew(self, known: Mapping[str, bytes] | None = None) -> None:
        """Forget what files were like, but for some that were looked at just now."""
        self._stamps = dict(known or {})

    @property
    def said(self) -> bytes:
        """What counts for every stage."""
        return self._said

    def content(self, declaration: Mapping[str, Any]) -> bytes | None:
        """Return all that a declared task says, None where its freshness hangs on more."""
        try:
            said = self._said_by(declaration)
            return None if said is None else self._encode(said)
        except (TypeError, ValueError, OverflowError, RecursionError):
            return None

    def read_codes(self, declarations: Iterable[Mapping[str, Any]]) -> None:
        """Have the code of tasks' functions read, so that `content` need not."""
        known, last = self._codes, None
        for declaration in declarations:
            actions = declaration["actions"]
            for action in actions if type(actions) in SEQUENCES else ():
                if action is last:  # the tasks of one creator follow each other
                    continue
                last = action
                first = action[0] if type(action) in SEQUENCES and action else action
                if type(first) is FunctionType and first not in known:
                    self._code(first)

    def _said_by(self, declaration: Mapping[str, Any]) -> list[Any] | None:
        # There may be very many tasks, and nothing is asked twice of any.
        read, made = declaration.get("file_dep", ()), declaration.get("targets", ())
        actions: Any = declaration.get("actions")
        kinds = {type(read), type(made), type(actions)}
        # What reads and makes nothing always runs.
        if not (kinds <= SEQUENCES and (read or made)):
            return None
        said: list[Any] = [declaration.get("name"), (read, made)]
        for action in actions:
            if type(action) is FunctionType:
                code = self._codes.get(action) or self._code(action)
                if code is None:
                    return None
                said.append((code, None))
            elif type(action) is str:
                said.append(action)
            elif not self._add_call(action, said):
                return None
        return said if declaration.keys() <= CORE else self._add_others(declaration, said)

    def _add_others(self, declaration: Mapping[str, Any], said: list[Any]) -> list[Any] | None:
        """Add what else a task declares; None where that may count in ways of its own."""
        for key, value in declaration.items():
            if key == "meta" and value is not None:
                return None
            if key not in CORE:
                counts = key == "basename" or type(value) in (bool, int)
                said.append((key, value if counts else type(value).__name__))
        return said

    def _add_call(self, action: Any, said: list[Any]) -> bool:
        """Add a (function, arguments, named arguments) or a command that is a list of words."""
        if type(action) not in SEQUENCES or not action:
            return False
        first, *rest = action
        if type(first) is FunctionType:
            code = self._code(first)
            if code is None or not all(_is_plain(item) for part in rest for item in _items(part)):
                return False
            said.append((code, rest))
            return True
        said.append(action)
        return type(action) is list and all(type(word) is str for word in action)

    def _code(self, function: FunctionType) -> str | None:
        if function not in self._codes:
            # One that captures values may be made anew for every task.
            lasting = function.__closure__ is None and "<locals>" not in function.__qualname__
            self._codes[function] = self._read(function) if lasting else None
        return self._codes[function]

    def now(self, content: bytes, declaration: Mapping[str, Any]) -> bytes | None:
        """Return the proof that would hold now; None where a file is missing or none."""
        known, parts = self._stamps.get, [self._said, content]
        for path in (*declaration.get("file_dep", ()), *declaration.get("targets", ())):
            stamp = known(path) or self._look(path)
            if stamp is None:
                return None
            parts.append(stamp)
        return blake3(b"".join(parts)).digest(SIZE)

    def _look(self, path: str) -> bytes | None:
        stamp = stamp_at(path)
        if stamp is not None:
            if len(self._stamps) >= MOST_STAMPS:
                self._stamps.clear()
            self._stamps[path] = stamp
        return stamp

    def then(self, content: bytes, stamps: Any) -> bytes:
        """Return the proof of a stage whose files had these stamps (size, times, inode)."""
        packed = (PACKED.pack(*msgspec.structs.astuple(stamp)) for stamp in stamps)
        return _digest([self._said, content, *packed])


CORE = frozenset({"name", "file_dep", "targets", "actions"})


def stamp_at(path: str) -> bytes | None:
    """Return the stamp of the file at a path; None where none is, or something else."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return packed_stamp_of(found) if found.st_mode & KIND == REGULAR else None


def _digest(parts: list[bytes]) -> bytes:
    return blake3(b"".join(parts)).digest(SIZE)


def _items(part: Any) -> Any:
    if type(part) is dict:
        return (*part, *part.values())
    return part if type(part) in SEQUENCES else (object(),)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in SCALARS:
        return True
    return kind in (list, dict) and all(_is_plain(item) for item in _items(value))
