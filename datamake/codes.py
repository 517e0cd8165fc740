"""What functions mean, remembered from run to run as long as the files it was read from stay.

To read and follow a project's code takes longer than all else that a run with nothing to do has to
do. What was read rests on the files that were looked into, and on which files are there at all; it
holds as long as stat says the same of them.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from datamake.meaning import Meanings
    from datamake.present import Present
    from datamake.store import Store

NAME = "codes"

# A file that was written since may not be what Python has loaded.
STARTED_NS = time.time_ns() - 20_000_000

FileStamp = tuple[int, int, int, int]


class Remembered(Struct):
    """The digests of functions, by where they are defined, and what they rest on.

    `values` has digests of values of modules, by file and address, and `functions` beside the
    digest of each function the values that it uses.
    """

    python: str = sys.version
    path: list[str] = []
    files: dict[str, FileStamp] = {}
    probed: dict[str, bool] = {}
    values: dict[str, str] = {}
    functions: dict[str, tuple[str, list[str]]] = {}

    def drop_changed(self, present: Present) -> None:
        """Drop all functions that use a value which is another one now."""
        for key, digest in list(self.values.items()):
            path, _, address = key.rpartition("\0")
            if present.digest(path, address) != digest:
                del self.values[key]
        for name, (_, used) in list(self.functions.items()):
            if not self.values.keys() >= set(used):
                del self.functions[name]

    def holds(self, path: list[str]) -> bool:
        """Whether nothing has changed that the digests rest on."""
        return (
            self.python == sys.version
            and self.path == path
            and all(_stamp(path) == stamp for path, stamp in self.files.items())
            and all(os.path.exists(path) == there for path, there in self.probed.items())
        )


class Codes:
    """Digests of what functions mean. `meanings` reads the code, if that is needed."""

    def __init__(
        self, root: str, store: Callable[[], Store] | None, meanings: Callable[[], Meanings]
    ) -> None:
        """`root` is the project's folder. `store` opens the store; None if there is none yet."""
        self._meanings = meanings
        self._root = root
        # Modules from elsewhere count by their names, wherever they are found.
        own = dict.fromkeys(path for path in sys.path if path.startswith(root))
        self._remembered = Remembered(path=list(own))
        self._is_new = self._is_compared = False
        body = None if store is None else store().note(NAME)
        if body is not None:
            self._remember(body)

    def _remember(self, body: bytes) -> None:
        try:
            remembered = msgspec.msgpack.decode(body, type=Remembered)
        except msgspec.DecodeError:  # of another version
            return
        if remembered.holds(self._remembered.path):
            self._remembered = remembered

    def of(self, function: FunctionType) -> str:
        """Return the digest of what a function means."""
        self._compare()
        key = _key(function.__code__)
        known = self._remembered.functions.get(key)
        if known is not None:
            return known[0]
        code = self._meanings().code(function)
        if not code.held:
            self._remembered.values.update(code.values)
            self._remembered.functions[key] = code.digest, list(code.values)
            self._is_new = True
        return code.digest

    def _compare(self) -> None:
        """Look once, before anything runs, at the values that are remembered."""
        if self._remembered.values and not self._is_compared:
            from datamake.present import Present

            self._remembered.drop_changed(Present(self._root))
        self._is_compared = True

    def save(self, store: Store) -> None:
        """Note what was read anew, unless a file may have changed since it was loaded."""
        if not self._is_new:
            return
        files, probed = self._meanings().grounds()
        for path in files:
            stamp = _stamp(path)
            if stamp is None or max(stamp[1:3]) >= STARTED_NS:
                return
            self._remembered.files[path] = stamp
        self._remembered.probed.update(probed)
        store.take_note(NAME, msgspec.msgpack.encode(self._remembered))


def _key(code: CodeType) -> str:
    """Return what no other function of unchanged files has: of those on one line, the columns."""
    columns = zlib.crc32(code.co_linetable + code.co_code)
    return f"{code.co_filename}:{code.co_qualname}:{code.co_firstlineno}:{columns}"


def _stamp(path: str) -> FileStamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
