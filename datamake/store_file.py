"""The store's file: opening it, making it, and setting a damaged one aside.

Format 3. Names of files are stored as the bytes that the file system has for them, names of
stages as text, or as bytes where they are no UTF-8.

    record   stage, targets (JSON list): the key. attempt: how the last attempt stands, before:
             how the one before it ended (AttemptState). holder: JSON of the Underway that holds
             the lease, token: its token, beat: its last heartbeat, if it sends any. version:
             grows with every change of the row. body: JSON of the Record of the last good
             build. changed: when that was recorded. Times are in seconds since the epoch.
    proof    stage, targets: a digest (`proofs`) that says whether the stage is fresh without a look
             at its record; a trigger removes it with any change of the record.
    note     name: what may be forgotten at any time and saves work (`codes`).
    file     path: the cache of content digests (CachedFile), kept once per file.
    built    path: which stage built what is there last, the state it left it in (JSON), and the
             values of its creator's parameters then.
    folder   path: folders that were made for a target, so that `doit clean` may remove them.
    ignored  stage: what `doit ignore` marked.
    run      id: a run that attempted something. process: JSON of the Process. person, command, git:
             who typed what, on which commit. state, ended: how it ended, and when; a run that was
             killed has no end. counts: JSON, how many attempts ended in which state.
    attempt  id: an attempt of a run that ended, and how. body: JSON of the Details.
    piece    digest: the text of a piece of code that an attempt ran, or JSON of the digests of all
             that it ran, by name.

`PRAGMA application_id` is "dmak", `PRAGMA user_version` the format. The journal is a write-ahead
log: a commit is one append, and a process that is killed leaves whole commits only. That log
needs memory which all processes share, so on a file system of many machines it is a rollback
journal; a store that has one keeps it wherever it is opened. Everybody who may write in the
project's folder may write the store: SQLite gives its logs the mode of the database file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from tempfile import TemporaryDirectory

from datamake.filesystem import is_of_many_machines
from datamake.patience import open_patiently
from datamake.sharing import make_file, make_folders, whatever_umask

FORMAT = 3
APPLICATION_ID = int.from_bytes(b"dmak", "big")

PROOFS = """
CREATE INDEX held ON record (stage) WHERE holder IS NOT NULL;
CREATE TABLE note (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE proof (stage TEXT, targets TEXT, proof BLOB NOT NULL,
                    PRIMARY KEY (stage, targets)) WITHOUT ROWID;
CREATE TRIGGER changed AFTER UPDATE ON record BEGIN
    DELETE FROM proof WHERE stage = old.stage AND targets = old.targets; END;
CREATE TRIGGER removed AFTER DELETE ON record BEGIN
    DELETE FROM proof WHERE stage = old.stage AND targets = old.targets; END;
"""

HISTORY = """
CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT, process TEXT, person TEXT, command TEXT,
                  git TEXT, workers INTEGER, started REAL, ended REAL, state TEXT, counts TEXT);
CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER, stage TEXT, state TEXT,
                      started REAL, seconds REAL, body BLOB);
CREATE INDEX attempt_of_run ON attempt (run);
CREATE INDEX attempt_at_stage ON attempt (stage);
CREATE TABLE piece (digest TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
"""

SCHEMA = (
    """
CREATE TABLE record (stage TEXT, targets TEXT, attempt TEXT NOT NULL, before TEXT NOT NULL,
                     holder TEXT, token TEXT, beat REAL, version INTEGER NOT NULL, body BLOB,
                     changed REAL NOT NULL, PRIMARY KEY (stage, targets)) WITHOUT ROWID;
CREATE TABLE file (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
                   inode INTEGER, settled INTEGER, digest TEXT, boot TEXT) WITHOUT ROWID;
CREATE TABLE built (path BLOB PRIMARY KEY, stage TEXT, state TEXT, parameters TEXT) WITHOUT ROWID;
CREATE TABLE folder (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE ignored (stage TEXT PRIMARY KEY) WITHOUT ROWID;
"""
    + PROOFS
    + HISTORY
)

# Who only looks on can come again.
LOOKING_SECONDS = 2.0

# What each older format lacks.
LACKING = {1: (PROOFS, HISTORY), 2: (HISTORY,)}


class StoreError(Exception):
    """The store can't be used; the message says why and what to do."""


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
        return _prepared(sqlite3.connect(":memory:", isolation_level=None)), False
    places = [place for place in (folder, path) if os.path.exists(place)]
    writable = all(os.access(place, os.W_OK) for place in places)
    try:
        return _opened(path, wait) if writable else _opened_for_reading(path), writable
    except sqlite3.DatabaseError as error:
        if not (writable and is_damage(error)):
            raise StoreError(f"{path} can't be opened: {error}") from error
        set_aside(path, str(error))
        return _opened(path, wait), True


def connect_for_reading(path: str) -> sqlite3.Connection:
    """Open the store for one who looks on while others write. Nothing is made, mended or moved.

    Where there is none, an empty one in memory stands for it. Raises StoreError.
    """
    if not os.path.exists(path) or not os.path.getsize(path):
        return _prepared(sqlite3.connect(":memory:", isolation_level=None))
    try:
        try:
            return _checked(_looking_on(path), path, writable=False)
        except sqlite3.OperationalError:
            # In a folder that can't be written there may be no memory to share with writers.
            return _opened_for_reading(path)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreError(f"{path} can't be read: {error}") from error


def _looking_on(path: str) -> sqlite3.Connection:
    from urllib.parse import quote

    uri = f"file:{quote(os.path.abspath(path))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=LOOKING_SECONDS)
    try:
        if _is_empty(connection):
            connection.close()
            return _prepared(sqlite3.connect(":memory:", isolation_level=None))
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is no database, or a broken one."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


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
    """Make datamake's own folder, unless it is there; whether it can be written."""
    try:
        make_folders(folder)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        make_file(ignore)
        with open(ignore, "w", encoding="utf-8") as file:
            file.write("*\n")
    return True


def _opened(path: str, wait: float | None) -> sqlite3.Connection:
    make_file(path)
    connection = open_patiently(path, wait)
    try:
        # SQLite makes the log with the umask and mends its mode then: who comes in between could
        # not write it.
        with whatever_umask():
            shared = is_of_many_machines(path)
            if not shared and _is_empty(connection):
                connection.execute("PRAGMA journal_mode = WAL")
            _checked(connection, path)
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
        return _checked(_copied(path), path, writable=False)
    # Without a log there is nothing but the file, and nothing can be written beside it.
    how = "mode=ro" if has_log else "immutable=1"
    uri = f"file:{quote(os.path.abspath(path))}?{how}"
    return _checked(sqlite3.connect(uri, uri=True, isolation_level=None), path, writable=False)


def _copied(path: str) -> sqlite3.Connection:
    """Return a copy in memory of a store with the log that lies beside it."""
    with TemporaryDirectory() as folder:
        place = os.path.join(folder, "store.sqlite")
        for suffix in ("", "-wal"):
            shutil.copyfile(path + suffix, place + suffix)
        return _in_memory(sqlite3.connect(place))


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy in memory of an open store, which is closed."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with closing(connection):
        connection.backup(memory)
    return memory


def _journal(connection: sqlite3.Connection) -> str:
    mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return mode


def _checked(
    connection: sqlite3.Connection, path: str, *, writable: bool = True
) -> sqlite3.Connection:
    # The tables are looked for first: another process may be making them, all in one commit.
    if _is_empty(connection):
        _prepared(connection)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION_ID:
        connection.close()
        raise StoreError(f"{path} belongs to another program: move it away and type it again")
    if version > FORMAT:
        connection.close()
        raise StoreError(
            f"{path} was written by a newer datamake (format {version}; this one reads up to"
            f" {FORMAT}): update datamake, or move the file away to start anew"
        )
    if version < FORMAT:
        if not writable:
            connection = _in_memory(connection)
        _brought_up(connection)
    return connection


def _brought_up(connection: sqlite3.Connection) -> None:
    """Bring a store of an older format up to the present one."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version < FORMAT:
        for statement in "".join(LACKING[version]).split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("BEGIN IMMEDIATE")
    # Somebody else may have made the tables while this process waited for its turn.
    if _is_empty(connection):
        for statement in SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")
    return connection
