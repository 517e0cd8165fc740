"""Everything that outlives a run: records, marks, the file cache, in one SQLite file.

What is in which table is described in `store_file`, where the format is defined.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator

from datamake.database import Database
from datamake.file_table import MOST_SECONDS, FileTable
from datamake.history import History
from datamake.leases import Leases
from datamake.model import AttemptState, FileState, Known, Record, Stage
from datamake.proof_table import MOST_BY_NAME, ProofTable
from datamake.store_rows import (
    decoded_known,
    decoded_name,
    decoded_record,
    decoded_seconds,
    encoded,
    encoded_key,
    encoded_name,
)

KNOWN = "attempt, before, holder, version, body"

RELEASED = "holder = NULL, token = NULL,"

FORGET = (
    "UPDATE record SET body = NULL, before = 'none', version = version + 1, attempt = CASE WHEN"
    " attempt IN ('running', 'interrupted') THEN attempt ELSE 'none' END"
    " WHERE holder IS NOT NULL",
    "DELETE FROM record WHERE holder IS NULL",
    "DELETE FROM ignored WHERE TRUE",
)


class Store(FileTable, ProofTable):
    """Records, file cache and marks of one project, its `leases` and its `history`.

    Not for several threads.

    What changes it raises StoreError where it can't be written.
    """

    def __init__(self, database: Database) -> None:
        self.history = History(database)
        self.leases = Leases(database, interrupted=self.history.interrupted)
        super().__init__(database)

    @classmethod
    def open(cls, path: str, *, make: bool = True, wait: float | None = None) -> Store:
        """Open the store. If there is none, make it, or return an empty one that is not kept.

        A damaged one is set aside under another name, which is said on standard error. Raises
        StoreError for one of a newer format, and where none can be made. `wait` bounds how long
        another program that holds the file is waited for.
        """
        return cls(Database(path, make=make, wait=wait))

    @classmethod
    def for_reading(cls, path: str) -> Store:
        """Open the store for one who looks on while others write. Where there is none, it is empty.

        Raises StoreError where it can't be read.
        """
        return cls(Database(path, only_reads=True))

    @property
    def path(self) -> str:
        """Where the store lies."""
        return self._database.path

    @property
    def writable(self) -> bool:
        """Whether anything can be recorded."""
        return self._database.writable

    def close(self) -> None:
        """Write what is still to be written and let go of the file."""
        self.leases.close()
        try:
            self.write_files()
        finally:
            self._database.close()

    # Records -----------------------------------------------------------------------------

    def known(self, stage: Stage) -> Known:
        """Return what is known of a stage with these targets."""
        row = self._database.row(
            f"SELECT {KNOWN} FROM record WHERE stage = ? AND targets = ?", *encoded_key(stage)
        )
        return Known() if row is None else decoded_known(*row)

    def latest(self, stage_name: str) -> Record | None:
        """Return the record of a stage's last good build, whatever its targets were."""
        row = self._database.row(
            "SELECT body FROM record WHERE stage = ? AND body IS NOT NULL"
            " ORDER BY changed DESC LIMIT 1",
            encoded_name(stage_name),
        )
        return None if row is None else decoded_record(row[0])

    def recorded(self, stage_name: str) -> Iterator[Record]:
        """Yield the records of a stage's last good builds, one for each list of targets."""
        found = "SELECT body FROM record WHERE stage = ? AND body IS NOT NULL"
        for (body,) in self._database.rows(found, encoded_name(stage_name)):
            yield decoded_record(body)

    def targets(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the name of each stage that there is a record of, with its targets."""
        for name, targets in self._database.rows("SELECT stage, targets FROM record"):
            yield decoded_name(name), json.loads(targets)

    def records(self) -> Iterator[tuple[str, Known]]:
        """Yield every stage's name with what is known, by name."""
        rows = self._database.rows(f"SELECT stage, {KNOWN} FROM record ORDER BY stage, targets")
        for name, *row in rows:
            yield decoded_name(name), decoded_known(*row)

    def durations(self) -> dict[str, float]:
        """Return how many seconds the last good build of each stage took, by name."""
        rows = self._database.rows(
            "SELECT stage, body FROM record WHERE body IS NOT NULL ORDER BY changed"
        )
        return {decoded_name(name): decoded_seconds(body) for name, body in rows}

    def commit(self, stage: Stage, record: Record, *, release: bool = False) -> int:
        """Record a good build of a stage, and what it left at each target.

        With `release` the lease ends with it, else it is held on until its release; returns the
        version that the record has then.
        """
        body, name = encoded(record), encoded_name(stage.name)
        with self._database.transaction():
            row = self._database.row(
                "INSERT INTO record VALUES (?, ?, ?, '', NULL, NULL, NULL, 1, ?, max(?, ("
                # The clock may have been ahead, and the last one is to be the latest.
                "SELECT coalesce(max(changed), 0) + 1e-6 FROM record WHERE stage = ?)))"
                " ON CONFLICT DO UPDATE SET attempt = excluded.attempt, body = excluded.body,"
                f" changed = excluded.changed, {RELEASED if release else ''}"
                " version = version + 1 RETURNING version",
                *(*encoded_key(stage), AttemptState.BUILT.value, body, time.time(), name),
            )
            self._database.change_all(
                "INSERT OR REPLACE INTO built VALUES (?, ?, ?, ?)",
                [
                    (os.fsencode(path), name, json.dumps(record.outputs[path]), record.parameters)
                    for path in stage.targets
                ],
            )
            self.write_files(unless_younger=MOST_SECONDS)
        return int(row[0]) + (0 if release else 1)

    def forget(self, stage_name: str) -> None:
        """Drop every record of a stage and its mark of `doit ignore`.

        Of an attempt that is not released the mark stays, so that what it left can be cleared.
        """
        name = encoded_name(stage_name)
        with self._database.transaction():
            for statement in FORGET:
                self._database.change(f"{statement} AND stage = ?", name)

    def forget_all(self) -> None:
        """Drop every record and every mark of `doit ignore`, as `forget` does."""
        with self._database.transaction():
            for statement in FORGET:
                self._database.change(statement)

    # Marks -------------------------------------------------------------------------------

    def ignore(self, stage_name: str) -> None:
        """Mark a stage to be passed over."""
        self._database.change("INSERT OR IGNORE INTO ignored VALUES (?)", encoded_name(stage_name))

    def ignored(self) -> frozenset[str]:
        """Return the names of the stages that are passed over."""
        rows = self._database.rows("SELECT stage FROM ignored")
        return frozenset(decoded_name(name) for (name,) in rows)

    # Files -------------------------------------------------------------------------------

    def built(self, path: str) -> FileState:
        """Return the state in which a build left a path last, None if none did."""
        row = self._database.row("SELECT state FROM built WHERE path = ?", os.fsencode(path))
        return None if row is None else json.loads(row[0])

    def built_paths(self) -> list[str]:
        """Return each path that a build left something at."""
        raw = b"\0".join(self._database.column("SELECT path FROM built ORDER BY path"))
        return os.fsdecode(raw).split("\0") if raw else []

    def count_built(self) -> int:
        """Return at how many paths a build left something."""
        return int(self._database.row("SELECT count(*) FROM built")[0])

    def builders(self, paths: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """Yield each path that was built with the stage that built what is there last, and the
        values of its parameters.
        """
        every, wanted = "SELECT path, stage, parameters FROM built", {*map(os.fsencode, paths)}
        if len(wanted) > MOST_BY_NAME:
            rows = (row for row in self._database.rows(every) if row[0] in wanted)
        else:
            one = f"{every} WHERE path = ?"
            rows = (row for path in sorted(wanted) for row in self._database.rows(one, path))
        for path, stage, values in rows:
            yield os.fsdecode(path), decoded_name(stage), values

    def unbuilt(self, path: str) -> None:
        """Note that what was built at a path has been removed."""
        self._database.change("DELETE FROM built WHERE path = ?", os.fsencode(path))

    def made_folders(self, paths: Iterable[str]) -> None:
        """Note folders that are about to be made for a target."""
        rows = [(os.fsencode(path),) for path in paths]
        if rows:
            self._database.change_all("INSERT OR IGNORE INTO folder VALUES (?)", rows)

    def made_folder(self, path: str) -> bool:
        """Whether a folder was made for a target."""
        found = self._database.row("SELECT 1 FROM folder WHERE path = ?", os.fsencode(path))
        return found is not None

    def removed_folder(self, path: str) -> None:
        """Note that a folder is gone."""
        self._database.change("DELETE FROM folder WHERE path = ?", os.fsencode(path))
