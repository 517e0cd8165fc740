"""What a build takes of SQLite and of the file system, without anything that decides.

`python floor.py statements` builds the project in the present folder, and then has SQLite execute
the same statements once more, with the same values, in a store of its own. `python floor.py files
COUNT` does with files what so many tiny stages do. Both print how many seconds that took.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

FOLDER = "floor"

Statement = tuple[Callable[..., sqlite3.Cursor], tuple[Any, ...]]


def statements() -> float:
    """Return how many seconds SQLite takes for what a build of this project asks of it."""
    from datamake.database import Database

    asked = _asked_by_a_build()
    # Before the run is noted, with its first stage, the store was opened.
    first = next(i for i, (_, of) in enumerate(asked) if of[0].startswith("INSERT INTO run"))
    of_stages = asked[first - 1 :]
    os.mkdir(FOLDER)
    connection = Database(f"{FOLDER}/store.sqlite")._connection
    started = time.perf_counter()
    for execute, arguments in of_stages:
        execute(connection, *arguments).fetchall()
    return time.perf_counter() - started


def _asked_by_a_build() -> list[Statement]:
    """Build the project in this process; return each statement with its values."""
    from doit.doit_cmd import DoitMain

    from datamake.patience import PatientConnection

    asked: list[Statement] = []

    def noting(execute: Callable[..., sqlite3.Cursor]) -> Callable[..., sqlite3.Cursor]:
        def note(connection: sqlite3.Connection, sql: str, values: Any = ()) -> sqlite3.Cursor:
            kept = values if isinstance(values, tuple) else list(values)
            asked.append((execute, (sql, kept)))
            return execute(connection, sql, kept)

        return note

    PatientConnection.execute = noting(sqlite3.Connection.execute)  # type: ignore[method-assign]
    PatientConnection.executemany = noting(  # type: ignore[method-assign]
        sqlite3.Connection.executemany
    )
    code = DoitMain().run([])
    if code:
        raise SystemExit(code)
    return asked


def files(count: int) -> float:
    """Return how many seconds the file system takes for what so many tiny stages do with files.

    That is a log, with a head and a foot; a target, made in a folder beside its place, looked at,
    read, stamped and renamed; and the looks at what is there already, and at what is left.
    """
    os.makedirs(f"{FOLDER}/made")
    root, head = os.path.abspath(FOLDER), b"." * 120
    os.chdir(root)
    started = time.perf_counter()
    for number in range(count):
        for _ in range(5):
            with suppress(FileNotFoundError):
                os.stat(str(number))
        log = os.open(f"{number}.log", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        os.write(log, head)
        with open(f"made/{number}", "w") as file:
            file.write("made")
        os.chdir(root)
        for _ in range(2):
            os.stat(f"made/{number}")
        os.listdir("made")
        os.utime(f"made/{number}", ns=(0, 0))
        with open(f"made/{number}", "rb", buffering=0) as raw:
            raw.read()
        os.rename(f"made/{number}", str(number))
        for _ in range(2):
            os.stat(str(number))
        os.listdir("made")
        os.write(log, head)
        os.close(log)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(files(int(sys.argv[2])) if sys.argv[1] == "files" else statements())
