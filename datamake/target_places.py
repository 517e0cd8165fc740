"""What lies at the place of a target before an attempt at it."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from datamake.paths import holds


class TargetError(Exception):
    """A target can't be built where it lies; the message says why."""


def refuse_what_holds_all(name: str, place: str, root: str) -> None:
    """Raise TargetError where a folder turns out to be, by way of links, that of the project."""
    real = os.path.realpath(place)
    if holds(real, os.path.realpath(root)):
        raise TargetError(f"{name} leads to {real}, the folder with the whole project in it")


def led_to(path: str, inputs: Collection[str], root: str) -> str:
    """Return where the content of a target that is a link lies: what it leads to is replaced.

    Unless it leads to an input, which replacing would destroy.
    """
    real = os.path.realpath(path)
    precious = {os.path.realpath(os.path.join(root, path)) for path in inputs}
    return path if real in precious else real


def is_special(path: str, found: os.stat_result | None) -> bool:
    """Whether what was found at a path, or what it leads to, is a device, a pipe or a socket,
    which must never be replaced.
    """
    if found is None:
        return False
    mode = found.st_mode
    if stat.S_ISLNK(mode):
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def lstat(path: str) -> os.stat_result | None:
    """Return what is at a path, a link itself; None if nothing is."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def stamp(found: os.stat_result | None) -> tuple[int, ...] | None:
    """Return what any write of a file changes."""
    if found is None:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
