"""Gives results the places of what was there: the old content is seen or the new, never a part."""

from __future__ import annotations

import contextlib
import errno
import os

from datamake import files
from datamake.paths import holds
from datamake.sharing import make_folders

# See renameat2(2).
AT_FDCWD = -100
RENAME_EXCHANGE = 2


def put(staged: str, place: str, last_good: str, *, precious: bool) -> None:
    """Give a staged result its place; what was there is held at `last_good`.

    A file replaces a file without a moment in which there is none. A file that is not
    `precious` is held only if that takes no copy. Raises OSError, with all left as it was.
    """
    if not os.path.lexists(place):
        files.rename(staged, place)
        return
    make_folders(os.path.dirname(last_good))
    if not (files.is_folder(place) or files.is_folder(staged)):
        if not files.linked(place, last_good) and precious:
            files.copy(place, last_good)
        os.replace(staged, place)
        return
    if not precious and _exchanged(staged, place):
        files.rename(staged, last_good)
        return
    files.rename(place, last_good)
    try:
        files.rename(staged, place)
    except OSError:
        files.rename(last_good, place)
        raise


def _exchanged(path: str, other: str) -> bool:
    """Have two paths change places without a moment in which either is gone; False where the
    system, or the file system, has no such thing.
    """
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    names = (os.fsencode(os.path.abspath(name)) for name in (path, other))
    first, second = names
    return bool(call(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0)


def put_back(last_good: str, place: str) -> bool:
    """Give a place the content that is held for it; False if none is. Raises OSError.

    No folder is seen half-removed meanwhile.
    """
    if not os.path.lexists(last_good):
        return False
    aside = None
    if os.path.lexists(place) and (files.is_folder(place) or files.is_folder(last_good)):
        if holds(os.path.realpath(place), os.path.realpath(last_good)):
            raise OSError(errno.EINVAL, "what is held for it lies in it", place)
        aside = _moved_aside(place, os.path.join(os.path.dirname(last_good), files.PARTIAL))
    if files.is_folder(last_good):
        files.rename(last_good, place)
    else:
        os.replace(last_good, place)
    if aside is not None:
        with contextlib.suppress(OSError):  # the folder that it is in now is removed too
            files.remove(aside)
    return True


def _moved_aside(path: str, aside: str) -> str | None:
    """Clear a place by a rename; None where that can't be, and it is removed. Raises OSError."""
    if os.path.lexists(aside):
        files.remove(aside)
    try:
        files.rename(path, aside)
    except OSError:  # a link leads to another file system
        files.remove(path)
        return None
    return aside
