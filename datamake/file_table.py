"""Content digests as the store remembers them from run to run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from datamake.database import Database
from datamake.stamps import OWN_PREFIX, CachedFile
from datamake.store_rows import decoded_cached, encoded_name

CACHED = "size, mtime_ns, ctime_ns, inode, settled, digest, boot"

# All rows are read at once where that takes no longer than the single look-ups so far: one of
# them costs as much as so many rows of a whole reading.
FIRST_COUNT = 32
ROWS_FOR_ONE = 16

# A digest that is lost costs one more hashing, and a row in each commit a page of the store. So
# stages that are built within this time of each other have their digests written together.
MOST_SECONDS = 0.5


class FileTable:
    """The digests of files in a store's file. What it holds is looked at as rarely as can be.

    Another process may add to it at any time: a digest that is missed is taken anew.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: dict[str, CachedFile | None] = {}
        self._looked_up: tuple[str, ...] = ()
        self._is_whole = False
        self._asked = 0
        self._next_count = FIRST_COUNT
        self._to_write: dict[str, CachedFile] = {}
        self._indexes_to_write: dict[str, bytes] = {}
        self._written = -MOST_SECONDS

    def cached_file(self, path: str) -> CachedFile | None:
        """Return the remembered digest of a file."""
        if path not in self._cached:
            self._cached[path] = None
            if not (self._is_whole or path.startswith(self._looked_up)):
                self._look_up(path)
        return self._cached[path]

    def _look_up(self, path: str) -> None:
        """Look up one path, or all that there are when so many are asked for that this is less."""
        self._asked += 1
        if self._asked >= self._next_count:
            self._next_count = 2 * self._asked
            many = "SELECT 1 FROM file LIMIT 1 OFFSET ?"
            if self._database.row(many, ROWS_FOR_ONE * self._asked) is None:
                self._take(self._database.rows(f"SELECT path, {CACHED} FROM file"))
                self._is_whole = True
                return
        row = self._database.row(f"SELECT {CACHED} FROM file WHERE path = ?", os.fsencode(path))
        if row is not None:
            self._cached[path] = decoded_cached(*row)

    def _take(self, rows: Iterable[Any]) -> None:
        for path, *row in rows:
            name = os.fsdecode(path)
            if self._cached.get(name) is None:
                self._cached[name] = decoded_cached(*row)

    def look_up_below(self, folder: str) -> None:
        """Look up the digests of all files below a folder in one go."""
        prefix = os.path.join(folder, "")
        if folder == os.curdir or prefix.startswith(self._looked_up):
            return
        first = os.fsencode(prefix)
        # What begins with the prefix sorts behind it, and before what has its last byte raised.
        behind = first[:-1] + bytes([first[-1] + 1])
        rows = self._database.rows(
            f"SELECT path, {CACHED} FROM file WHERE path > ? AND path < ?", first, behind
        )
        self._take(rows)
        self._looked_up += (prefix,)

    def cache_file(self, path: str, cached: CachedFile) -> None:
        """Remember the digest of a file; it is written with one of the next commits."""
        self._cached[path] = cached
        if OWN_PREFIX not in path:  # a staged file is gone before anybody asks for it again
            self._to_write[path] = cached

    def cached_index(self, key: str) -> bytes | None:
        """Return the index that was remembered with a folder's digest."""
        if key in self._indexes_to_write:
            return self._indexes_to_write[key]
        row = self._database.row("SELECT body FROM note WHERE name = ?", _index_name(key))
        return None if row is None else bytes(row[0])

    def cache_folder(self, key: str, cached: CachedFile, index: bytes) -> None:
        """Remember a folder's digest with an index of its files; both are written together."""
        self.cache_file(key, cached)
        if OWN_PREFIX not in key:
            self._indexes_to_write[key] = index

    @property
    def has_looked(self) -> bool:
        """Whether this run has asked for any file."""
        return bool(self._cached)

    def unsynced(self, boot: str) -> list[str]:
        """Return the names of what is not noted as written through to the disk, in this boot:
        files, and the keys of folders.
        """
        if not self._database.writable:
            return []
        # In a transaction, so that it is of the file that lies there now.
        with self._database.transaction():
            self.write_files()
            rows = self._database.rows("SELECT path FROM file WHERE boot = ? ORDER BY path", boot)
            return [os.fsdecode(path) for (path,) in rows]

    def files_of(self, unsynced: Iterable[str], boot: str, most: int) -> list[str] | None:
        """Return the files, of folders those that were hashed, behind names from `unsynced`.

        None if they are more than `most`.
        """
        from datamake.listing import Index, folder_of

        found: list[str] = []
        for name in unsynced:
            folder = folder_of(name)
            if folder is None:
                found.append(name)
            else:
                names = Index.decoded(self.cached_index(name), boot).unsynced
                found += [os.path.join(folder, name) for name in names]
            if len(found) > most:
                return None
        return found

    def synced(self, paths: Iterable[str]) -> None:
        """Note that files have been written through to the disk."""
        paths = list(paths)
        self._database.change_all(
            "UPDATE file SET boot = '' WHERE path = ?", [(os.fsencode(path),) for path in paths]
        )
        for path in paths:
            cached = self._cached.pop(path, None)
            if cached is not None:
                self._cached[path] = msgspec.structs.replace(cached, boot="")

    def write_files(self, unless_younger: float = 0.0) -> None:
        """Write the digests to be remembered, unless that was done less than some seconds ago."""
        now = time.monotonic()
        if not (self._to_write and self._database.writable):
            return
        if now - self._written < unless_younger:
            return
        with self._database.transaction():
            self._write()
        self._to_write.clear()
        self._indexes_to_write.clear()
        self._written = now

    def _write(self) -> None:
        self._database.change_all(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (os.fsencode(path), *msgspec.structs.astuple(c.stamp), c.settled, c.digest, c.boot)
                for path, c in sorted(self._to_write.items())
            ],
        )
        self._database.change_all(
            "INSERT OR REPLACE INTO note VALUES (?, ?)",
            [(_index_name(key), index) for key, index in sorted(self._indexes_to_write.items())],
        )


def _index_name(key: str) -> str | bytes:
    return encoded_name(f"folder:{key}")
