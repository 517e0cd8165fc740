"""A folder that is a target and holds what its stage does not make: held, mended and made anew
around that.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress

from datamake import files, keep
from datamake.model import StagedTarget
from datamake.paths import lies_below
from datamake.stamps import is_own


def hold(target: StagedTarget) -> None:
    """Copy what is in the folder and is no other stage's to where the last good is held.

    The copy is there when it is whole. Raises OSError.
    """
    files.copy(target.destination, target.last_good, without=frozenset(_others(target)))


def clear(target: StagedTarget, kept: Collection[str]) -> None:
    """Remove from the folder what is held of it, but for the paths in `kept`. Raises OSError.

    Folders that hold nothing then are removed too, unless others have files in them.
    """
    others = _others(target)
    without = others | {path for path in kept if path != target.path}
    for name in list(_files_in(target.destination, without)):
        if os.path.lexists(os.path.join(target.last_good, name)):
            os.remove(os.path.join(target.destination, name))
    for name in _folders_in(target.last_good):
        place = os.path.join(target.destination, name)
        if not any(lies_below(path, place) for path in without):
            with suppress(OSError):  # it holds something
                os.rmdir(place)


def mend(target: StagedTarget, folder: str | None) -> list[str]:
    """Have the folder as it was when it was held, but for files of other stages.

    Returns where what an attempt left of it is now: it is moved to `folder`, or removed if that is
    None. Raises OSError.
    """
    if target.there and not os.path.lexists(target.last_good):
        return []
    held = set(_files_in(target.last_good, set()))
    unfinished = []
    for name in list(_files_in(target.destination, _others(target))):
        now = os.path.join(target.destination, name)
        if name in held and _same(now, os.path.join(target.last_good, name)):
            continue
        if folder is None:
            files.remove(now)
        else:
            unfinished.append(keep.move(now, folder, os.path.join(target.path, name)))
    for name in _folders_in(target.last_good):
        os.makedirs(os.path.join(target.destination, name), exist_ok=True)
    for name in held:
        place = os.path.join(target.destination, name)
        if not os.path.lexists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.rename(os.path.join(target.last_good, name), place)
    return unfinished


def bring_along(target: StagedTarget) -> bool:
    """Give what others read in a folder a second place in the new one, unless that has its own.

    Returns whether there was anything. Raises OSError.
    """
    brought = False
    for path in target.others:
        name = os.path.relpath(path, target.path)
        old, new = os.path.join(target.destination, name), os.path.join(target.staged, name)
        if os.path.lexists(old) and not os.path.lexists(new):
            files.double(old, new)
            brought = True
    return brought


def _others(target: StagedTarget) -> set[str]:
    """Return the paths of other stages' files, as the folder's content spells them."""
    names = (os.path.relpath(path, target.path) for path in target.others)
    return {os.path.join(target.destination, name) for name in names}


def _files_in(folder: str, without: set[str]) -> Iterator[str]:
    """Yield the names, below a folder, of the files and links in it."""
    for above, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        folders[:] = [
            name
            for name in folders
            if not is_own(name) and os.path.join(above, name) not in without
        ]
        for name in (*names, *links):
            path = os.path.join(above, name)
            if path not in without and not is_own(name):
                yield os.path.relpath(path, folder)


def _folders_in(folder: str) -> list[str]:
    """Return the names, below a folder, of the folders in it, innermost first."""
    walk = os.walk(folder, topdown=False)
    names = [os.path.join(above, name) for above, folders, _ in walk for name in folders]
    return [os.path.relpath(name, folder) for name in names if not os.path.islink(name)]


def _same(path: str, other: str) -> bool:
    if os.path.islink(path) or os.path.islink(other):
        both = os.path.islink(path) and os.path.islink(other)
        return both and os.readlink(path) == os.readlink(other)
    return files.same_content(path, other)
