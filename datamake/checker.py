"""How a file is told from an earlier version of itself: by content, by time, or as a user says."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from typing import Protocol

from datamake.model import FileState
from datamake.stamps import Stamp


class Checker(Protocol):
    """How a file is told from an earlier version of itself."""

    name: str

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        """Return the state of a path; `known`, given, if the file is the same as then.

        None if there is nothing. Of a folder's content, the paths in `without` do not count.
        """

    def seal(self, path: str, found: os.stat_result) -> None:
        """Note that a file was just made, which nobody else has a name for, and is complete.

        `found` is what `lstat` said of it since.
        """

    def stamp(self, path: str, state: FileState) -> Stamp | None:
        """Return what stat says of a file as long as it has this state.

        None where that can't be said, or not yet.
        """

    def renamed(self, old: str, new: str) -> None:
        """Note that a path whose state was just taken has another name now."""


class Disk(Protocol):
    """What the rest of datamake asks of the file system."""

    def digest(self, path: str, without: Collection[str] = ()) -> str | None:
        """Return the content digest of a file or folder, None if there is nothing.

        Of a folder, the paths in `without` are left out.
        """

    def mtime_ns(self, path: str) -> int | None:
        """Return the time of last modification in nanoseconds, None if there is nothing."""

    def seal(self, path: str, found: os.stat_result) -> None:
        """Have any later write of a file that was just made show in its stamp."""

    def stamp(self, path: str, digest: str) -> Stamp | None:
        """Return the stamp of a file that was found to have this digest.

        None if it is none, or if a write might not show in the stamp, or not after a power failure.
        """

    def stamp_of_time(self, path: str, mtime_ns: int) -> Stamp | None:
        """Return the stamp of a file now, None if its time of modification is another."""

    def renamed(self, old: str, new: str) -> None:
        """Note that a file that was just hashed has another name now."""


class ContentChecker:
    """A file is the same as long as its content is (doit's option value `md5`)."""

    name = "content"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        """Return the content digest."""
        return self._disk.digest(path, without)

    def seal(self, path: str, found: os.stat_result) -> None:
        """Have any later write show in the file's times: it needs no second reading."""
        self._disk.seal(path, found)

    def stamp(self, path: str, state: FileState) -> Stamp | None:
        """Return the stamp that the file had when its digest was taken."""
        return self._disk.stamp(path, state)

    def renamed(self, old: str, new: str) -> None:
        """Spare the file another reading."""
        self._disk.renamed(old, new)


class TimeChecker:
    """A file is the same as long as its time of modification is (`timestamp`, as in make)."""

    name = "timestamp"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        """Return the time of last modification in nanoseconds."""
        return self._disk.mtime_ns(path)

    def seal(self, path: str, found: os.stat_result) -> None:
        """Do nothing: its time is what counts."""

    def stamp(self, path: str, state: FileState) -> Stamp | None:
        """Return the stamp of the file now, if its time is that of the state."""
        return self._disk.stamp_of_time(path, state)

    def renamed(self, old: str, new: str) -> None:
        """Do nothing: a rename leaves the time as it is."""


class FileChangedChecker(Protocol):
    """The interface of doit's checker classes, which a dodo.py may bring."""

    def exists(self, file_path: str) -> bool:
        """Whether the file is there."""

    def info(self, file_path: str) -> os.stat_result:
        """Return what `check_modified` is handed."""

    def check_modified(self, file_path: str, file_stat: os.stat_result, state: FileState) -> bool:
        """Whether the file differs from a saved state."""

    def get_state(self, dep: str, current_state: FileState) -> FileState:
        """Return the state to save, None if it is still `current_state`."""


class UserChecker:
    """A user's own `FileChangedChecker` class decides what is the same."""

    def __init__(self, checker: FileChangedChecker) -> None:
        self._checker = checker
        self.name = type(checker).__name__

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        """Return `known` where the user's class sees no change, else the state it takes.

        Raises TypeError where that is nothing that JSON has.
        """
        if not self._checker.exists(path):
            return None
        if known is not None:
            info = self._checker.info(path)
            if not self._checker.check_modified(path, info, known):
                return known
        # A recorded state has been through JSON, where a tuple becomes a list.
        return json.loads(json.dumps(self._checker.get_state(path, None)))

    def seal(self, path: str, found: os.stat_result) -> None:
        """Do nothing: times may count."""

    def stamp(self, path: str, state: FileState) -> Stamp | None:
        """Return None: only the user's class knows when a file is the same."""
        return None

    def renamed(self, old: str, new: str) -> None:
        """Do nothing: a user's class keeps no cache."""
