"""The store's file: opening it, making it, and setting a damaged one aside.

The journal is a write-ahead log: a commit is one append, and a process that is killed leaves whole
commits only. That log needs memory which all processes share, so on a file system of many machines
it is a rollback journal; a store that has one keeps it wherever it is opened. Everybody who may
write in the project's folder may write the store: SQLite gives its logs the mode of the database
file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from contextlib import suppress
from tempfile import TemporaryDirectory

from datamake.filesystem import is_of_many_machines
from datamake.patience import open_patiently
from datamake.sharing import make_file, make_folders, whatever_umask
from datamake.store_schema import StoreError, checked, in_memory, is_empty, prepared

# Who only looks on can come again.
LOOKING_SECONDS = 2.0


def connect(
    path: str, *, make: bool = True, wait: float | None = None
) -> tuple[sqlite3.Connection, bool]:
    """Open the store at a path, and say whether it can be written.

    `wait` bounds how long another program that holds it is waited for, in seconds.

    If there is none it is made, or if that is not to be, an empty one in memory stands for it.

    A damaged one is set aside under another name, which is said on standard error. In a project
    that can't be written, what is there is opened for reading. Raises StoreError for a store of
    a newer format or another program, which is left as it is, and for one that can't be opened.
    """
    folder = os.path.dirname(path) or "."
    if not os.path.exists(path) and not (make and make_folder(folder)):
        return prepared(sqlite3.connect(":memory:", isolation_level=None)), False
    places = [place for place in (folder, path) if os.path.exists(place)]
    writable = all(os.access(place, os.W_OK) for place in places)
    try:
        return _opened(path, wait) if writable else _opened_for_reading(path), writable
    except sqlite3.DatabaseError as error:
        if not (writable and is_damage(error)):
            why = in_the_way(path) or in_words(error)
            raise StoreError(f"{path} can't be opened: {why}") from error
        set_aside(path, str(error))
        return _opened(path, wait), True


def connect_for_reading(path: str) -> sqlite3.Connection:
    """Open the store for one who looks on while others write. Nothing is made, mended or moved.

    Where there is none, an empty one in memory stands for it. Raises StoreError.
    """
    if not os.path.exists(path) or not os.path.getsize(path):
        return prepared(sqlite3.connect(":memory:", isolation_level=None))
    try:
        try:
            return checked(_looking_on(path), path, writable=False)
        except sqlite3.OperationalError:
            # In a folder that can't be written there may be no memory to share with writers.
            return _opened_for_reading(path)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError(f"{path} can't be read: {error}") from error


def in_the_way(path: str) -> str:
    """Return what has the name of the store, or of its folder, and is none; "" if nothing has."""
    folder = os.path.dirname(path) or "."
    place, what = folder, "is a file"
    if os.path.isdir(folder):
        place, what = path, "is a folder"
    if not os.path.lexists(place) or (place == path and not os.path.isdir(path)):
        return ""
    if place == folder and os.path.islink(place):
        what = f"is a link to {os.readlink(place)}, which is no folder"
    return f"{place} {what}: rename it or remove it, and type the same command again"


def _looking_on(path: str) -> sqlite3.Connection:
    from urllib.parse import quote

    uri = f"file:{quote(os.path.abspath(path))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=LOOKING_SECONDS)
    try:
        if is_empty(connection):
            connection.close()
            return prepared(sqlite3.connect(":memory:", isolation_level=None))
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is no database, or a broken one."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def in_words(error: sqlite3.Error) -> str:
    """Return what SQLite says of an error, with what may be behind it where that says little."""
    code = getattr(error, "sqlite_errorcode", 0)
    # What can't be read has other causes.
    if code & 0xFF != sqlite3.SQLITE_IOERR or code == sqlite3.SQLITE_IOERR_READ:
        return str(error)
    return f"{error}: perhaps a full disk, or a limit to the size of files (`ulimit -f`)"


def set_aside(path: str, why: str) -> str:
    """Rename a damaged store, with its log, say so on standard error, and return the new name."""
    aside = moment = f"{path}.damaged-{time.strftime('%Y-%m-%dT%H-%M-%S')}"
    count = 1
    while os.path.lexists(aside):
        count += 1
        aside = f"{moment}-{count}"
    os.rename(path, aside)
    for suffix in ("-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.rename(path + suffix, aside + suffix)
    sys.stderr.write(
        f"datamake: {path} is damaged ({why}). It is kept as {aside}, and a new one is begun:"
        " every stage counts as never built.\n"
    )
    return aside


def make_folder(folder: str) -> bool:
    """Make datamake's own folder, unless it is there; whether it can be written.

    Raises StoreError where there is no room for a file in it.
    """
    try:
        make_folders(folder)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        _have_git_ignore_all(ignore)
    return True


def _have_git_ignore_all(ignore: str) -> None:
    try:
        make_file(ignore)
        with open(ignore, "w", encoding="utf-8") as file:
            file.write("*\n")
    except OSError as error:
        # An empty one would be taken for somebody's own.
        with suppress(FileNotFoundError):
            os.unlink(ignore)
        raise StoreError(f"{ignore} can't be written: {error.strerror}") from error


def _opened(path: str, wait: float | None) -> sqlite3.Connection:
    make_file(path)
    connection = open_patiently(path, wait)
    try:
        # SQLite makes the log with the umask and mends its mode then: who comes in between could
        # not write it.
        with whatever_umask():
            shared = is_of_many_machines(path)
            if not shared and is_empty(connection):
                connection.execute("PRAGMA journal_mode = WAL")
            checked(connection, path)
            if shared:
                connection.execute("PRAGMA journal_mode = DELETE")
            # What a log loses with the machine, is decided where files are synced.
            if _journal(connection) == "wal":
                connection.execute("PRAGMA synchronous = NORMAL")
        return connection
    except BaseException:
        connection.close()
        raise


def _opened_for_reading(path: str) -> sqlite3.Connection:
    from urllib.parse import quote

    log, shared = f"{path}-wal", f"{path}-shm"
    has_log = os.path.exists(log) and os.path.getsize(log) > 0
    if has_log and not os.path.exists(shared):
        # SQLite would have to make the memory that goes with the log. Without it nobody writes.
        return checked(_copied(path), path, writable=False)
    # Without a log there is nothing but the file, and nothing can be written beside it.
    how = "mode=ro" if has_log else "immutable=1"
    uri = f"file:{quote(os.path.abspath(path))}?{how}"
    return checked(sqlite3.connect(uri, uri=True, isolation_level=None), path, writable=False)


def _copied(path: str) -> sqlite3.Connection:
    """Return a copy in memory of a store with the log that lies beside it."""
    with TemporaryDirectory() as folder:
        place = os.path.join(folder, "store.sqlite")
        for suffix in ("", "-wal"):
            shutil.copyfile(path + suffix, place + suffix)
        return in_memory(sqlite3.connect(place))


def _journal(connection: sqlite3.Connection) -> str:
    mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return mode
