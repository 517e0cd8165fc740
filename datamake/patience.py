"""A connection to the store's file that waits for other programs, and says so."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any

from datamake.show.words import duration

# Others write to the store for milliseconds; who holds it for longer is worth a word.
SILENT_SECONDS = 1.0
LIMIT_SECONDS = 60.0
POLL_SECONDS = 0.01


class PatientConnection(sqlite3.Connection):
    """A connection whose statements wait for who else holds the file, for `limit` seconds.

    After a second it says on standard error for what it waits. Behind the limit SQLite's own
    error is raised.
    """

    limit = LIMIT_SECONDS
    name = ""

    def wait_at_most(self, seconds: float) -> None:
        """Give up sooner, or later."""
        self.limit = seconds
        silent = min(seconds, SILENT_SECONDS)
        super().execute(f"PRAGMA busy_timeout = {round(silent * 1000)}")

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        try:
            return sqlite3.Connection.execute(self, *arguments)
        except sqlite3.OperationalError as error:
            if not is_held(error):
                raise
        return self._waiting(super().execute, arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute one statement with many rows of values."""
        try:
            return sqlite3.Connection.executemany(self, *arguments)
        except sqlite3.OperationalError as error:
            if not is_held(error):
                raise
        return self._waiting(super().executemany, arguments)

    def _waiting(
        self, execute: Callable[..., sqlite3.Cursor], arguments: tuple[Any, ...]
    ) -> sqlite3.Cursor:
        # There was a first wait, of a second, where SQLite waits by itself.
        began, said = time.monotonic() - min(self.limit, SILENT_SECONDS), False
        while True:
            try:
                return execute(*arguments)
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - began
                if not is_held(error) or waited >= self.limit:
                    raise
                if waited >= SILENT_SECONDS and not said:
                    said = True
                    self._say()
            # For some statements SQLite does not wait by itself.
            time.sleep(POLL_SECONDS)

    def _say(self) -> None:
        bound = duration(self.limit)
        sys.stderr.write(
            f"waiting for {self.name}, which another program holds (at most {bound})\n"
        )
        sys.stderr.flush()


def open_patiently(path: str, limit: float | None) -> PatientConnection:
    """Connect to a file; `limit` bounds how long another program is waited for."""
    connection = sqlite3.connect(path, isolation_level=None, factory=PatientConnection)
    connection.name = path
    connection.wait_at_most(LIMIT_SECONDS if limit is None else max(limit, SILENT_SECONDS))
    return connection


def is_held(error: sqlite3.Error) -> bool:
    """Whether an error says that another program holds the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
