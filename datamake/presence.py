"""Shows that a process lives to those who can't see it: containers on the same machine.

A process keeps a file locked (fcntl(2)) as long as it lives. The kernel lets go of the lock when
its holder is gone, however that ended, whoever asks and whatever they call each other.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import IO

from datamake.process import Process, is_shown
from datamake.sharing import make_file, make_folders

# One that is younger may just not be locked yet.
OLD_SECONDS = 60.0


class Presence:
    """The file of this process in a folder, under a name that no other process has."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._place = os.path.join(folder, Process.current().name)
        self._file: IO[bytes] | None = None

    def show(self) -> None:
        """Lock the file, until `end` or the end of the process."""
        if self._file is not None:
            return
        # Where that can't be, others wait for this process as for one on another machine.
        with suppress(OSError):
            make_folders(self._folder)
            make_file(self._place)
            self._file = open(self._place, "r+b")  # noqa: SIM115
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def end(self, needed: Callable[[], Collection[str]]) -> None:
        """Remove the file, and those of processes that are gone but for the names `needed`.

        To be called by the process that showed itself.
        """
        if self._file is None:
            return
        with suppress(OSError):
            os.unlink(self._place)
        self._file.close()
        self._file = None
        with suppress(OSError):
            _remove_dead(self._folder, needed)


def _remove_dead(folder: str, needed: Callable[[], Collection[str]]) -> None:
    old = time.time() - OLD_SECONDS
    names = [name for name in os.listdir(folder) if _written(folder, name) < old]
    for name in set(names).difference(needed() if names else ()):
        path = os.path.join(folder, name)
        if is_shown(path) is False:
            os.unlink(path)


def _written(folder: str, name: str) -> float:
    return os.lstat(os.path.join(folder, name)).st_mtime
