"""Moves what SQLite still has beside a database that is a target into the database itself."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

LOG = "-wal"

# See the file format of SQLite: a database says that it has a log, and a log what it is.
DATABASE_HEADER = b"SQLite format 3\0"
VERSIONS = slice(18, 20)
WITH_LOG = b"\2\2"
LOG_HEADERS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


def has_log(path: str) -> bool:
    """Whether a database lies at a path, and beside it a log with changes that belong to it."""
    if not (os.path.isfile(path + LOG) and os.path.isfile(path)):
        return False
    with open(path, "rb") as file, open(path + LOG, "rb") as log:
        head = file.read(VERSIONS.stop)
        is_database = head.startswith(DATABASE_HEADER) and head[VERSIONS] == WITH_LOG
        return is_database and log.read(len(LOG_HEADERS[0])) in LOG_HEADERS


def take_in(path: str) -> None:
    """Write the changes in a database's log into the database, which is complete alone then.

    Else who opens it next would do that, and change a target that was built. Nothing is done where
    somebody is writing to it.
    """
    address = f"{Path(path).absolute().as_uri()}?mode=rw"
    # What SQLite refuses here is heard from it by the stages that read the database.
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(address, timeout=0, uri=True)
        with closing(connection) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
