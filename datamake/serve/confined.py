"""Opens files for the page: regular ones, below a folder, wherever links and renames lead."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager


class ConfinedError(Exception):
    """A file that the page does not show; the text says why."""


@contextmanager
def confined(path: str, folder: str) -> Iterator[int]:
    """Open a file for reading and yield its descriptor. Raises ConfinedError.

    It is looked at after it was opened, so that nothing can be put in its place in between. A
    device or a pipe is not waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise ConfinedError(reason) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfinedError("no regular file")
        if not _lies_below(_place(descriptor, path), os.path.realpath(folder)):
            raise ConfinedError("it lies elsewhere")
        yield descriptor
    finally:
        os.close(descriptor)


def _place(descriptor: int, path: str) -> str:
    """Return where an open file lies, as the kernel knows it if that can be asked."""
    known = f"/proc/self/fd/{descriptor}"
    return os.readlink(known) if os.path.islink(known) else os.path.realpath(path)


def _lies_below(place: str, folder: str) -> bool:
    return place.startswith(os.path.join(folder, ""))
