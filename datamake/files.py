"""Moves and copies of files and folders, whole or not at all, and what there is to know of them."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import shutil
import stat
from collections.abc import Collection

from datamake.sharing import make_folders
from datamake.stamps import is_own

PARTIAL = ".datamake-partial"


def is_folder(path: str) -> bool:
    """Whether a path is a folder itself, not a link to one."""
    return os.path.isdir(path) and not os.path.islink(path)


def copy(source: str, place: str, without: Collection[str] = ()) -> None:
    """Copy a file or a folder; the copy has its name only when it is whole. Raises OSError.

    Modes and times are copied too, links stay links. Of a folder, the paths in
    `without` are left out, and what datamake itself is writing in it.
    """
    partial = os.path.join(os.path.dirname(place), PARTIAL)
    if is_folder(source):
        shutil.copytree(
            source,
            partial,
            symlinks=True,
            copy_function=_copy_file,
            ignore=lambda folder, names: _left_out(folder, names, without),
        )
    elif os.path.islink(source):
        os.symlink(os.readlink(source), partial)
    else:
        _copy_file(source, partial)
    os.rename(partial, place)


def _left_out(folder: str, names: list[str], without: Collection[str]) -> set[str]:
    return {n for n in names if is_own(n) or os.path.join(folder, n) in without}


def _copy_file(source: str, place: str) -> None:
    with open(source, "rb") as read, open(place, "wb") as write:
        if not _cloned(read.fileno(), write.fileno()):
            shutil.copyfileobj(read, write, 1 << 20)
    shutil.copystat(source, place)


def _cloned(source: int, place: int) -> bool:
    """Have the kernel copy, which shares the blocks where the file system can."""
    left = os.fstat(source).st_size
    try:
        while left > 0:
            copied = os.copy_file_range(source, place, left)
            if copied == 0:
                return False
            left -= copied
    except (AttributeError, OSError):
        # Not on this system, or not between these file systems: copy the rest by hand.
        return False
    return True


def flush(path: str) -> None:
    """Write a file's content through to the disk (fsync); a folder's with all below it."""
    if not is_folder(path):
        _fsync(path)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            _fsync(os.path.join(folder, name))
        _fsync(folder)


def flush_folder(path: str) -> None:
    """Write a folder's own entries, the names in it, through to the disk."""
    _fsync(path)


def _fsync(path: str) -> None:
    # A link's content is not what was built, and a pipe or a socket has none.
    mode = os.lstat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(path: str, place: str) -> None:
    """Rename a file or folder, also a folder that nobody may write in. Raises OSError."""
    try:
        os.rename(path, place)
    except PermissionError:
        # A folder that moves has its entry `..` changed.
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        if not is_folder(path) or mode & stat.S_IWUSR:
            raise
        os.chmod(path, mode | stat.S_IWUSR)
        try:
            os.rename(path, place)
        except OSError:
            os.chmod(path, mode)
            raise
        os.chmod(place, mode)


def keep(last_good: str, place: str) -> None:
    """Give what is held at `last_good` a second place, in a folder that is made for it.

    A folder is moved there. Raises OSError.
    """
    if is_folder(last_good):
        make_folders(os.path.dirname(place))
        move(last_good, place)
    else:
        double(last_good, place)


def double(path: str, second: str) -> None:
    """Give a file a second name, or copy what can have none, in a folder that is made for it.

    Raises OSError.
    """
    make_folders(os.path.dirname(second))
    if is_folder(path) or not linked(path, second):
        copy(path, second)


def linked(path: str, second: str) -> bool:
    """Give a file a second name; False where its file system has no such thing."""
    try:
        os.link(path, second, follow_symlinks=False)
    except OSError:
        return False
    return True


def merge(source: str, place: str) -> None:
    """Move a file to a place, or the files of a folder into one that may be there.

    Raises OSError where a file would take the place of a folder, or the other way round.
    """
    if is_folder(source) and os.path.isdir(place):
        for name in os.listdir(source):
            merge(os.path.join(source, name), os.path.join(place, name))
    else:
        move(source, place)


def move(source: str, place: str) -> None:
    """Rename a file or folder, or copy it where it goes to another file system. Raises OSError."""
    try:
        rename(source, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, place)
        remove(source)


def move_or_copy(source: str, place: str) -> None:
    """Rename a file or folder; copy what can't be moved, such as a mount point. Raises OSError."""
    try:
        rename(source, place)
    except OSError:
        copy(source, place)


def remove(path: str) -> None:
    """Remove a file, a link, or a folder with all that is in it. Raises OSError."""
    if not is_folder(path):
        os.remove(path)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        # Whoever made folders in which nobody may write may make them writable again.
        for folder, _, _ in os.walk(path):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(path)


def same_content(path: str, other: str) -> bool:
    """Whether two regular files hold the same bytes; False for anything else."""
    if not (os.path.isfile(path) and os.path.isfile(other)):
        return False
    return filecmp.cmp(path, other, shallow=False)


def take_mode(staged: str, place: str) -> None:
    """Give a new file the permissions of the one it replaces, as writing to that would have.

    A mode that the action chose itself stays.
    """
    if os.path.islink(staged) or not (os.path.isfile(staged) and os.path.isfile(place)):
        return
    mode = stat.S_IMODE(os.stat(place).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    if stat.S_IMODE(os.stat(staged).st_mode) == 0o666 & ~umask != mode:
        os.chmod(staged, mode)


def owner(path: str) -> str:
    """Return the name of the user whose a file or folder is, or the number of one without."""
    import pwd

    number = os.lstat(path).st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def size(path: str) -> int:
    """Return the bytes of a file, or of all the files in a folder; 0 if there is nothing."""
    with contextlib.suppress(OSError):
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode):
            return found.st_size
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    )
