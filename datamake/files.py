"""Moves and copies of files that leave either the old content or the new, never a part."""

from __future__ import annotations

import os
import shutil


def copy_file(source: str, copy: str) -> None:
    """Copy a file's content and mode; the copy has its name only when it is whole.

    The kernel shares the blocks where the file system can (copy_file_range(2)).
    """
    partial = f"{copy}.partial"
    with open(source, "rb") as read, open(partial, "wb") as write:
        if not _cloned(read.fileno(), write.fileno()):
            shutil.copyfileobj(read, write, 1 << 20)
    shutil.copymode(source, partial)
    os.replace(partial, copy)


def _cloned(source: int, copy: int) -> bool:
    left = os.fstat(source).st_size
    try:
        while left > 0:
            copied = os.copy_file_range(source, copy, left)
            if copied == 0:
                return False
            left -= copied
    except (AttributeError, OSError):
        # Not on this system, or not between these file systems: copy the rest by hand.
        return False
    return True


def flush(path: str) -> None:
    """Write a file's content through to the disk (fsync); a folder's with all below it."""
    if os.path.isdir(path):
        for folder, _, names in os.walk(path):
            for name in names:
                _fsync(os.path.join(folder, name))
            _fsync(folder)
    else:
        _fsync(path)


def _fsync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(staged: str, target: str, keep: str | None) -> None:
    """Give a staged result its target's name; what was there is moved to `keep`, if given.

    A file replaces a file without a moment in which there is none. Raises OSError.
    """
    if keep is not None:
        os.makedirs(os.path.dirname(keep), exist_ok=True)
    target_is_folder = os.path.isdir(target) and not os.path.islink(target)
    if target_is_folder or os.path.isdir(staged):
        if os.path.lexists(target):
            os.rename(target, keep or f"{staged}.replaced")
        os.rename(staged, target)
        return
    if keep is not None:
        hold(target, keep)
    os.replace(staged, target)


def hold(path: str, keep: str) -> None:
    """Keep a file's content under a second name, without taking the first away."""
    try:
        os.link(path, keep, follow_symlinks=True)
    except OSError:
        copy_file(path, keep)
