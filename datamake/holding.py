"""Holds the last good of a target that is written under its own name, and clears its place."""

from __future__ import annotations

import os
from collections.abc import Collection

from datamake import files, shared_folder
from datamake.model import StagedTarget


def hold(target: StagedTarget, kept: Collection[str], *, update: bool, mixed: bool) -> None:
    """Hold what is there; leave nothing of it in its place, but what may be somebody else's.

    `kept` are the paths of the stage's targets. With `update` the actions start from what is there;
    a `mixed` folder may hold what the stage did not make. Raises OSError.
    """
    place = target.destination
    is_folder = files.is_folder(place)
    stays = update or place != target.path or (is_folder and mixed)
    if target.shared and is_folder:
        shared_folder.hold(target)
        if not stays:
            shared_folder.clear(target, kept)
    elif os.path.islink(place):
        real = os.path.realpath(place)
        files.rename(place, target.last_good)
        if update and os.path.lexists(real):
            files.copy(real, place)
    elif stays:
        files.copy(place, target.last_good)
    else:
        files.move_or_copy(place, target.last_good)
