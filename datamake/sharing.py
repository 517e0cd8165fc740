"""Makes folders and files of datamake's own for everybody who may write in the project."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from datamake.stamps import OWN_PREFIX


def make_folders(path: str) -> None:
    """Make a folder, and those it lies in: who may use the first that is there may use them all.

    Raises OSError, though not for a folder that is there.
    """
    if os.path.isdir(path):
        return
    if os.path.lexists(path):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    parent = os.path.dirname(path) or os.curdir
    make_folders(parent)
    like = os.stat(parent)
    with whatever_umask():
        if like.st_mode & stat.S_IWGRP:
            _make_for_group(path, parent, like)
            return
        try:
            os.mkdir(path, like.st_mode & 0o777)
        except FileExistsError:
            if os.path.isdir(path):  # somebody else was faster
                return
            raise
        give(path, like, like.st_mode & 0o777)


def _make_for_group(path: str, parent: str, like: os.stat_result) -> None:
    """Make a folder in which what anybody makes is for its group again.

    It gets its name when it is: what is made in it before would be for its maker alone.
    """
    new = os.path.join(parent, f"{OWN_PREFIX}-{os.getpid()}-{secrets.token_hex(4)}")
    os.mkdir(new, like.st_mode & 0o777)
    give(new, like, like.st_mode & 0o777 | stat.S_ISGID)
    try:
        os.rename(new, path)
    except OSError:
        os.rmdir(new)
        if not os.path.isdir(path):  # else somebody else was faster
            raise


def make_file(path: str) -> None:
    """Make an empty file for everybody who may use its folder, unless it is there.

    Raises OSError.
    """
    like = os.stat(os.path.dirname(path) or os.curdir)
    mode = like.st_mode & 0o666
    with whatever_umask(), suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode))
        give(path, like, mode)


def give(path: str, like: os.stat_result, mode: int) -> None:
    """Give what was just made to the group of its folder. One not of that group can't, and then
    the group that it has gets no more than others.
    """
    if os.stat(path).st_gid != like.st_gid:
        try:
            os.chown(path, -1, like.st_gid)
        except OSError:
            mode = mode & ~0o2070 | (mode & 0o007) << 3
    with suppress(OSError):  # a file system without modes
        os.chmod(path, mode)


@contextmanager
def whatever_umask() -> Iterator[None]:
    """Have what is made in the block get just the mode that is asked for, from the start."""
    umask = os.umask(0)
    try:
        yield
    finally:
        os.umask(umask)
