"""Clears what attempts left whose process died, and puts the last good content back."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from datamake import files, keep
from datamake.checker import Checker
from datamake.dependency import Dependency
from datamake.model import AttemptState, Stage, StagedTarget
from datamake.store_rows import Underway


def clear_leftovers(dependency: Dependency) -> None:
    """Clear what attempts left whose process died, and mark them as interrupted.

    Those of living processes are left alone.
    """
    store = dependency.store
    for underway in store.running():
        if underway.process.alive:
            continue
        stage = Stage(underway.stage, targets=underway.targets)
        if store.known(stage).attempt is AttemptState.BUILT:
            _discard(underway)
            store.release(stage)
            continue
        keep.clear_failed(underway.stage)
        for target in underway.staging:
            # Another process may be clearing the same.
            with suppress(FileNotFoundError):
                _mend(target, keep.failed_folder(underway.stage), dependency)
        _discard(underway)
        store.end(stage, AttemptState.INTERRUPTED)


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
