"""The tables of the store, and how an older format is brought up to the present one.

Format 4. Names of files are stored as the bytes that the file system has for them, names of
stages as text, or as bytes where they are no UTF-8.

    record   stage, targets (JSON list): the key. attempt: how the last attempt stands, before:
             how the one before it ended (AttemptState). holder: JSON of the Underway that holds
             the lease, token: its token, beat: its last heartbeat, if it sends any. version:
             grows with every change of the row. body: JSON of the Record of the last good
             build. changed: when that was recorded, later than the others of its stage. Times are
             in seconds since the epoch.
    proof    stage, targets: a digest (`proofs`) that says whether the stage is fresh without a look
             at its record; a trigger removes it with any change of the record.
    note     name: what may be forgotten at any time and saves work (`codes`, `overall`); a trigger
             removes that of `overall` with any change of a record.
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

`PRAGMA application_id` is "dmak", `PRAGMA user_version` the format.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

FORMAT = 4
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

# What says that all stages are fresh holds as long as no record changes.
OVERALL = """
CREATE TRIGGER changed_at_all AFTER UPDATE ON record BEGIN
    DELETE FROM note WHERE name = 'all fresh'; END;
CREATE TRIGGER removed_at_all AFTER DELETE ON record BEGIN
    DELETE FROM note WHERE name = 'all fresh'; END;
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
    + OVERALL
)

# What each older format lacks.
LACKING = {1: (PROOFS, HISTORY, OVERALL), 2: (HISTORY, OVERALL), 3: (OVERALL,)}


class StoreError(Exception):
    """The store can't be used; the message says why and what to do."""


def checked(
    connection: sqlite3.Connection, path: str, *, writable: bool = True
) -> sqlite3.Connection:
    """Return the connection to a store of the present format; an empty file becomes one.

    One of an older format is brought up to it, in a copy in memory where it can't be written.
    Closes the connection and raises StoreError for what is no store, or of a newer format.
    """
    # The tables are looked for first: another process may be making them, all in one commit.
    if is_empty(connection):
        prepared(connection)
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
            connection = in_memory(connection)
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


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether there are no tables yet."""
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Make the tables of an empty store, and return the connection to it."""
    connection.execute("BEGIN IMMEDIATE")
    # Somebody else may have made the tables while this process waited for its turn.
    if is_empty(connection):
        for statement in SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")
    return connection


def in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy in memory of an open store, which is closed."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with closing(connection):
        connection.backup(memory)
    return memory
