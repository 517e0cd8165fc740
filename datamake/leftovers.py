"""Clears what attempts left whose process died, and puts the last good content back."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from datamake import files, keep
from datamake.checker import Checker
from datamake.children import end_children
from datamake.dependency import Dependency
from datamake.model import AttemptState, Stage, StagedTarget
from datamake.process import Process
from datamake.store_rows import Underway, new_token


def clear_leftovers(dependency: Dependency) -> None:
    """Clear what attempts left whose process died, and mark them as interrupted.

    Those of living processes, and of processes elsewhere, are left alone.
    """
    leases = dependency.store.leases
    for underway in leases.running():
        if underway.process.alive is not False:
            continue
        stage = Stage(underway.stage, targets=underway.targets)
        mine = Underway(underway.stage, underway.targets, Process.current(), token=new_token())
        taken = leases.acquire(stage, mine, lambda holder, beat: holder.process.alive is False)
        if taken.dead is not None:
            clear(taken.dead, dependency)
        if taken.holder is None:  # or else another process does this
            leases.release(stage, mine.token)


def clear(dead: Underway, dependency: Dependency) -> None:
    """Clear what an attempt left that died; to be called by who holds its lease now."""
    for token in (*dead.dead, dead.token):
        end_children(token)
    stage = Stage(dead.stage, targets=dead.targets)
    if dependency.store.known(stage).attempt is AttemptState.INTERRUPTED:
        keep.clear_failed(dead.stage)
        for target in dead.staging:
            with suppress(FileNotFoundError):
                _mend(target, keep.failed_folder(dead.stage), dependency)
    _discard(dead)


def _mend(target: StagedTarget, failed: str, dependency: Dependency) -> None:
    """Put a target's last good content back; what is half-made moves to the failed folder."""
    place = target.path if os.path.islink(target.last_good) else target.destination
    if _is_half_made(target, dependency.judge.checker):
        keep.move(place, failed, target.path)
    files.put_back(target.last_good, place)


def _is_half_made(target: StagedTarget, checker: Checker) -> bool:
    """Whether an action wrote under the target's own name, and may not have come to the end."""
    place = target.destination
    if not target.in_place or target.shared or not os.path.lexists(place):
        return False
    if not os.path.lexists(target.last_good):
        return not target.there
    return bool(checker.state(place) != checker.state(target.last_good))


def _discard(underway: Underway) -> None:
    for target in underway.staging:
        folders = {
            os.path.dirname(target.staged),
            os.path.dirname(os.path.dirname(target.last_good)),
        }
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
