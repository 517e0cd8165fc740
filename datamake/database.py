"""The store's file while it is open: read at any time, changed in transactions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from datamake.store_file import connect, connect_for_reading, in_the_way
from datamake.store_schema import StoreError

# SQLite moves its log into the file when it has so many pages of 4 KiB, and waits for the disk
# then: by default after a hundred stages, which for small ones takes as long as all else there.
PAGES_OF_LOG = 4_000

# What a transaction within another one begins and ends.
NOTHING = nullcontext()


class Database:
    """An open store file. Not for use by several threads. Wherever an action changes to, its
    `place` is the same.

    One that is removed or replaced while it is open is opened anew by the next transaction, so
    that what a run records from then on is found by the next one.
    """

    def __init__(
        self, path: str, *, make: bool = True, wait: float | None = None, only_reads: bool = False
    ) -> None:
        """Open it, as `connect` does and with its errors; `only_reads` changes nothing at all."""
        self._wait = wait
        self.path = path
        self.place = os.path.abspath(path)
        if only_reads:
            # Before: a file that takes its place meanwhile is another one.
            self._file = _identity(self.place)
            self._connection, self.writable = connect_for_reading(path), False
            if self._is_in_memory():  # it is being made just now
                self._file = None
        else:
            self._connection, self.writable = connect(path, make=make, wait=wait)
            self._file = _identity(self.place)
            self._let_the_log_grow()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def replaced(self) -> bool:
        """Whether the file was removed, replaced or made since it was opened."""
        return _identity(self.place) != self._file

    @property
    def version(self) -> int:
        """A number that changes whenever somebody else has changed anything."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    @property
    def of_many_machines(self) -> bool:
        """Whether processes on other machines may use the file too."""
        mode: str = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        return self.writable and mode != "wal"

    def rows(self, statement: str, *values: Any) -> Iterator[Any]:
        """Yield the rows that a query finds."""
        yield from self._connection.execute(statement, values)

    def column(self, statement: str) -> list[Any]:
        """Return the only value of every row that a query finds."""
        return [value for (value,) in self._connection.execute(statement)]

    def row(self, statement: str, *values: Any) -> Any:
        """Return the first row that a query finds, or None."""
        return self._connection.execute(statement, values).fetchone()

    def change(self, statement: str, *values: Any) -> int:
        """Change rows, and return how many. Raises StoreError where nothing can be written."""
        if self._connection.in_transaction:
            return self._connection.execute(statement, values).rowcount
        with self.transaction():
            return self._connection.execute(statement, values).rowcount

    def change_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Change rows, with the values of each. Raises StoreError as `change` does."""
        if self._connection.in_transaction:
            self._connection.executemany(statement, rows)
            return
        with self.transaction():
            self._connection.executemany(statement, rows)

    def transaction(self, check: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Keep everybody else from changing anything; all is done in the end, or nothing.

        One in another is part of it. Raises StoreError where nothing can be written, and what
        `check` raises, which is called first.
        """
        if self._connection.in_transaction:
            if check is not None:
                check()
            return NOTHING
        self._require_writable()
        return _Transaction(self, check)

    def _is_in_memory(self) -> bool:
        return not self._connection.execute("PRAGMA database_list").fetchone()[2]

    def begin(self) -> None:
        """Begin a transaction, when nobody else is in one."""
        self._connection.execute("BEGIN IMMEDIATE")
        # It is looked at when nobody else can change it: removed before, it would be for nobody.
        while self._file is None or _identity(self.place) != self._file:
            self._connection.execute("ROLLBACK")
            self._open_anew()
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Have the transaction be done, as a whole."""
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """Have nothing of the transaction be done."""
        # Where the disk is full, SQLite has rolled back by itself.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _open_anew(self) -> None:
        sys.stderr.write(
            f"datamake: {self.path} was removed or replaced while it was in use: what was recorded"
            " in it is lost, and what is built from now on is recorded anew\n"
        )
        self._connection.close()
        self._connection, self.writable = connect(self.place, wait=self._wait)
        self._file = _identity(self.place)
        self._require_writable()
        self._let_the_log_grow()

    def _let_the_log_grow(self) -> None:
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_OF_LOG}")

    def _require_writable(self) -> None:
        if not self.writable:
            why = in_the_way(self.path)
            raise StoreError(
                f"{self.path} can't be written, and nothing is built unrecorded"
                f"{': ' if why else ''}{why}"
            )


class _Transaction:
    """A transaction of its own: a stage has several, and a generator would take twice the time."""

    def __init__(self, database: Database, check: Callable[[], None] | None) -> None:
        self._database = database
        self._check = check

    def __enter__(self) -> None:
        try:
            self._database.begin()
            if self._check is not None:
                self._check()
        except BaseException:
            self._database.roll_back()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.commit()
        finally:
            self._database.roll_back()


def _identity(path: str) -> tuple[int, int] | None:
    """Return what no other file has as long as this one is open, None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
