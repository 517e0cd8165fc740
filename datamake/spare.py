"""Staging folders that one attempt after the other writes to, as making one takes its time.

Between two attempts they are empty and nobody's. The next attempt takes those that it needs, and
the others are removed, before any code of a person's runs that might look into the folders around
them. The store notes them, so that those of a run that was killed are removed by the next one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import suppress

from datamake.process import Process
from datamake.stamps import OWN_PREFIX
from datamake.store import Store
from datamake.store_rows import Underway, decoded_attempt, encoded
from datamake.store_schema import StoreError

NOTE = "staging "


class Spare:
    """The spare staging folders of a run. None is kept unless `kept`.

    Folders of one name, the token, belong to one attempt at a time.
    """

    def __init__(self, store: Store, *, kept: bool) -> None:
        self._store = store
        self._kept = kept
        self._process = os.getpid()
        self._token = ""
        self._folders: frozenset[str] = frozenset()
        self._noted: set[str] = set()

    def take(self, around: Collection[str]) -> str:
        """Return the name of the staging folders for an attempt at targets in these folders.

        Of the spare folders with this name it has those around which it writes, and the others
        are removed.
        """
        token, folders = self._token, self._folders
        self._token, self._folders = "", frozenset()
        if not token or self._process != os.getpid():
            return f"{OWN_PREFIX}-{os.getpid()}-{secrets.token_hex(4)}"
        _clear(folders.difference(os.path.join(folder, token) for folder in around))
        return token

    def note(self, folders: Collection[str]) -> bool:
        """Note folders that are to be spare, empty or soon so; False where none are kept.

        To be called in the transaction that ends the lease under which they were made.
        """
        if not self._kept or self._process != os.getpid():
            return False
        for folder in set(folders) - self._noted:
            note = Underway("", (folder,), Process.current())
            self._store.take_note(NOTE + os.path.abspath(folder), encoded(note))
            self._noted.add(folder)
        return True

    def keep(self, token: str, folders: Collection[str]) -> None:
        """Keep noted folders, all of one name, for the next attempt."""
        self.clear()
        self._token, self._folders = token, frozenset(folders)

    def clear(self) -> None:
        """Remove what is spare."""
        if self._process == os.getpid():
            _clear(self._folders)
        self._token, self._folders = "", frozenset()

    def close(self) -> None:
        """Remove what is spare, also what an attempt took that never began, and the notes of it."""
        self.clear()
        if self._process == os.getpid():
            _remove_empty(self._noted)
            # What can't be written now is found out by the next run.
            with suppress(sqlite3.Error, StoreError):
                self._store.drop_notes(NOTE + os.path.abspath(folder) for folder in self._noted)
            self._noted.clear()


def _clear(folders: Collection[str]) -> None:
    """Remove spare folders, with what a thread or process that outlived its attempt wrote there."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_empty(folders: Collection[str]) -> None:
    """Remove folders of attempts that may hold what could not be put back."""
    for folder in folders:
        with suppress(OSError):
            os.rmdir(folder)


def clear_spare_of_the_dead(store: Store) -> None:
    """Remove the spare folders of runs that were killed."""
    for name, body in store.notes(NOTE):
        note = decoded_attempt(body.decode())
        if note.process.alive is False:
            for folder in note.targets:
                shutil.rmtree(folder, ignore_errors=True)
            store.drop_notes([name])
