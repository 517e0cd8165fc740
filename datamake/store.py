"""Everything that outlives a run: records, marks, the file cache, in one SQLite file.

What is in which table is described in `store_file`, where the format is defined.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from datamake.disk import OWN_PREFIX, CachedFile, Stamp
from datamake.model import AttemptState, FileState, Known, Record, Stage
from datamake.store_file import StoreError, connect
from datamake.store_rows import (
    Underway,
    decoded_attempt,
    decoded_known,
    decoded_name,
    decoded_record,
    encoded,
    encoded_key,
    encoded_name,
    inherited,
)

__all__ = ["Store", "Underway"]

KNOWN = "attempt, before, holder, version, body"


class LeaseLostError(Exception):
    """A lease was taken over by somebody who took its holder for dead."""


class Taken(Struct, frozen=True):
    """The answer to one who wants a lease: who holds it, or nobody, and it is taken.

    Then `dead` is who held it and died. `version` is that of the record found.
    """

    holder: Underway | None = None
    dead: Underway | None = None
    version: int = 0


FORGET = (
    "UPDATE record SET body = NULL, before = 'none', version = version + 1, attempt = CASE WHEN"
    " attempt IN ('running', 'interrupted') THEN attempt ELSE 'none' END"
    " WHERE holder IS NOT NULL",
    "DELETE FROM record WHERE holder IS NULL",
    "DELETE FROM ignored WHERE TRUE",
)


class Store:
    """Records, file cache and marks of one project. Not for use by several threads.

    What changes it raises StoreError where it can't be written.
    """

    def __init__(self, path: str, connection: sqlite3.Connection, *, writable: bool) -> None:
        self.path = path
        self.writable = writable
        self._connection = connection
        self._cached: dict[str, CachedFile | None] = {}
        self._uncommitted_files: dict[str, CachedFile] = {}

    @classmethod
    def open(cls, path: str, *, make: bool = True) -> Store:
        """Open the store. If there is none, make it, or return an empty one that is not kept.

        A damaged one is set aside under another name, which is said on standard error. Raises
        StoreError for one of a newer format, and where none can be made.
        """
        connection, writable = connect(path, make=make)
        return cls(path, connection, writable=writable)

    def close(self) -> None:
        """Write what is still to be written and let go of the file."""
        if self.writable and self._uncommitted_files:
            with self._transaction():
                self._write_files()
        self._connection.close()

    # Records -----------------------------------------------------------------------------

    def known(self, stage: Stage) -> Known:
        """Return what is known of a stage with these targets."""
        row = self._connection.execute(
            f"SELECT {KNOWN} FROM record WHERE stage = ? AND targets = ?",
            encoded_key(stage),
        ).fetchone()
        return Known() if row is None else decoded_known(*row)

    def latest(self, stage_name: str) -> Record | None:
        """Return the record of a stage's last good build, whatever its targets were."""
        row = self._connection.execute(
            "SELECT body FROM record WHERE stage = ? AND body IS NOT NULL"
            " ORDER BY changed DESC LIMIT 1",
            (encoded_name(stage_name),),
        ).fetchone()
        return None if row is None else decoded_record(row[0])

    def records(self) -> Iterator[tuple[str, Known]]:
        """Yield every stage's name with what is known, by name."""
        for name, *row in self._connection.execute(
            f"SELECT stage, {KNOWN} FROM record ORDER BY stage, targets"
        ):
            yield decoded_name(name), decoded_known(*row)

    # Leases ------------------------------------------------------------------------------

    def acquire(
        self, stage: Stage, mine: Underway, is_dead: Callable[[Underway, float | None], bool]
    ) -> Taken:
        """Take the lease of a stage, unless somebody holds it who is not dead.

        `is_dead` is asked about a holder and its last heartbeat.
        """
        with self._transaction():
            row = self._connection.execute(
                "SELECT attempt, holder, beat, version FROM record WHERE stage = ? AND targets = ?",
                encoded_key(stage),
            ).fetchone()
            attempt, holder, beat, version = row or (AttemptState.NONE.value, None, None, 0)
            dead = None
            if holder is not None:
                other = decoded_attempt(holder)
                if not is_dead(other, beat):
                    return Taken(holder=other, version=version)
                # Who takes over inherits what is to be cleared: it may die before that is done.
                dead, mine = other, inherited(mine, other)
                if attempt == AttemptState.RUNNING.value:
                    attempt = AttemptState.INTERRUPTED.value
            self._connection.execute(
                "INSERT INTO record VALUES (?, ?, ?, '', ?, ?, NULL, ?, NULL, 0) ON CONFLICT DO"
                " UPDATE SET attempt = excluded.attempt, holder = excluded.holder,"
                " token = excluded.token, beat = NULL, version = excluded.version",
                (*encoded_key(stage), attempt, encoded(mine).decode(), mine.token, version + 1),
            )
        return Taken(dead=dead, version=version)

    def hold(self, stage: Stage, mine: Underway) -> None:
        """Note that an attempt starts, and what it will leave if it dies, before it does."""
        self._change(
            "UPDATE record SET before = attempt, attempt = ?, holder = ?"
            " WHERE stage = ? AND targets = ? AND token = ?",
            AttemptState.RUNNING.value,
            *(encoded(mine).decode(), *encoded_key(stage), mine.token),
        )

    def beat(self, stage: Stage, token: str) -> None:
        """Note that the holder of a lease lives."""
        self._change(
            "UPDATE record SET beat = ? WHERE stage = ? AND targets = ? AND token = ?",
            *(time.time(), *encoded_key(stage), token),
        )

    def end(self, stage: Stage, token: str, state: AttemptState) -> None:
        """Let go of a lease without a good build; the last good record stays."""
        self._change(
            "UPDATE record SET attempt = ?, holder = NULL, token = NULL, version = version + 1"
            " WHERE stage = ? AND targets = ? AND token = ?",
            *(state.value, *encoded_key(stage), token),
        )

    def release(self, stage: Stage, token: str) -> None:
        """Let go of a lease: nothing was done under it, or what was done is recorded."""
        self._change(
            "UPDATE record SET holder = NULL, token = NULL, version = version + 1"
            " WHERE stage = ? AND targets = ? AND token = ?",
            *(*encoded_key(stage), token),
        )

    @contextmanager
    def fenced(self, stage: Stage, token: str) -> Iterator[None]:
        """Keep everybody else from the store while results take their places.

        Raises LeaseLostError where somebody took the lease over meanwhile: nothing of this
        attempt may be put in place then.
        """
        with self._transaction():
            row = self._connection.execute(
                "SELECT token FROM record WHERE stage = ? AND targets = ?", encoded_key(stage)
            ).fetchone()
            if row is not None and row[0] != token:
                raise LeaseLostError(
                    f"{stage.name} was taken over by another run while this one was asleep"
                )
            yield

    def commit(self, stage: Stage, record: Record) -> None:
        """Record a good build of a stage, and what it left at each target.

        The lease is held on until its release.
        """
        body, name = encoded(record), encoded_name(stage.name)
        with self._transaction():
            self._connection.execute(
                "INSERT INTO record VALUES (?, ?, ?, '', NULL, NULL, NULL, 1, ?, ?) ON CONFLICT"
                " DO UPDATE SET attempt = excluded.attempt, body = excluded.body,"
                " changed = excluded.changed, version = version + 1",
                (*encoded_key(stage), AttemptState.BUILT.value, body, time.time()),
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO built VALUES (?, ?, ?)",
                [
                    (os.fsencode(path), name, json.dumps(record.outputs[path]))
                    for path in stage.targets
                ],
            )
            self._write_files()

    def running(self) -> list[Underway]:
        """Return the attempts that are marked as under way, or not released, by any process."""
        rows = self._connection.execute("SELECT holder FROM record WHERE holder IS NOT NULL")
        return [decoded_attempt(holder) for (holder,) in rows]

    def forget(self, stage_name: str) -> None:
        """Drop every record of a stage and its mark of `doit ignore`.

        Of an attempt that is not released the mark stays, so that what it left can be cleared.
        """
        name = encoded_name(stage_name)
        with self._transaction():
            for statement in FORGET:
                self._connection.execute(f"{statement} AND stage = ?", (name,))

    def forget_all(self) -> None:
        """Drop every record and every mark of `doit ignore`, as `forget` does."""
        with self._transaction():
            for statement in FORGET:
                self._connection.execute(statement)

    # Marks -------------------------------------------------------------------------------

    def ignore(self, stage_name: str) -> None:
        """Mark a stage to be passed over."""
        self._change("INSERT OR IGNORE INTO ignored VALUES (?)", encoded_name(stage_name))

    def ignored(self) -> frozenset[str]:
        """Return the names of the stages that are passed over."""
        rows = self._connection.execute("SELECT stage FROM ignored")
        return frozenset(decoded_name(name) for (name,) in rows)

    # Files -------------------------------------------------------------------------------

    def built(self, path: str) -> FileState:
        """Return the state in which a build left a path last, None if none did."""
        row = self._connection.execute(
            "SELECT state FROM built WHERE path = ?", (os.fsencode(path),)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def unbuilt(self, path: str) -> None:
        """Note that what was built at a path has been removed."""
        self._change("DELETE FROM built WHERE path = ?", os.fsencode(path))

    def made_folders(self, paths: Iterable[str]) -> None:
        """Note folders that are about to be made for a target."""
        rows = [(os.fsencode(path),) for path in paths]
        if rows:
            with self._transaction():
                self._connection.executemany("INSERT OR IGNORE INTO folder VALUES (?)", rows)

    def made_folder(self, path: str) -> bool:
        """Whether a folder was made for a target."""
        found = self._connection.execute(
            "SELECT 1 FROM folder WHERE path = ?", (os.fsencode(path),)
        )
        return found.fetchone() is not None

    def removed_folder(self, path: str) -> None:
        """Note that a folder is gone."""
        self._change("DELETE FROM folder WHERE path = ?", os.fsencode(path))

    def cached_file(self, path: str) -> CachedFile | None:
        """Return the remembered digest of a file."""
        if path not in self._cached:
            row = self._connection.execute(
                "SELECT size, mtime_ns, ctime_ns, inode, settled, digest FROM file WHERE path = ?",
                (os.fsencode(path),),
            ).fetchone()
            self._cached[path] = row and CachedFile(Stamp(*row[:4]), bool(row[4]), row[5])
        return self._cached[path]

    def cache_file(self, path: str, cached: CachedFile) -> None:
        """Remember the digest of a file; it is written with the next commit."""
        self._cached[path] = cached
        if OWN_PREFIX not in path:  # a staged file is gone before anybody asks for it again
            self._uncommitted_files[path] = cached

    def _write_files(self) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (os.fsencode(path), *msgspec.structs.astuple(c.stamp), c.settled, c.digest)
                for path, c in self._uncommitted_files.items()
            ],
        )
        self._uncommitted_files.clear()

    def _change(self, statement: str, *values: Any) -> None:
        self._require_writable()
        self._connection.execute(statement, values)

    def _require_writable(self) -> None:
        if not self.writable:
            raise StoreError(f"{self.path} can't be written, and nothing is built unrecorded")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._require_writable()
        if self._connection.in_transaction:  # part of a larger one
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
