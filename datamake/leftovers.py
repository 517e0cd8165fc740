"""Clears what attempts left whose process died, and puts the last good content back."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from datamake import files, keep, replacing, shared_folder
from datamake.checker import Checker
from datamake.children import ForeignProcessError, end_children
from datamake.dependency import Dependency
from datamake.model import AttemptState, Stage, StagedTarget
from datamake.process import Process
from datamake.spare import clear_spare_of_the_dead
from datamake.store_rows import Underway, new_token


class LeavingsError(Exception):
    """What a dead attempt left can't be cleared by this user; the message says whose it is."""


def clear_leftovers(dependency: Dependency) -> None:
    """Clear what attempts left whose process died, and mark them as interrupted.

    Those of living processes, and of processes elsewhere, are left alone. What this user may not
    clear is left too: who needs that stage hears of it when it is the stage's turn.
    """
    _clear_all(dependency, lambda holder: holder.process.alive is False)
    clear_spare_of_the_dead(dependency.store)


def clear_own(dependency: Dependency) -> None:
    """Clear what attempts of this process left, none of which is made any more.

    A signal may come where an attempt is noted and nothing is there yet that would undo it.
    """
    here = Process.current()
    _clear_all(dependency, lambda holder: holder.process == here)


def _clear_all(dependency: Dependency, is_dead: Callable[[Underway], bool]) -> None:
    leases = dependency.store.leases
    for underway in leases.running():
        if not is_dead(underway):
            continue
        stage = Stage(underway.stage, targets=underway.targets)
        mine = Underway(
            underway.stage,
            underway.targets,
            Process.current(),
            token=new_token(),
            since=time.time(),
        )
        taken = leases.acquire(stage, mine, lambda holder, beat: is_dead(holder))
        if taken.holder is not None:
            continue  # another process does this
        with suppress(LeavingsError):
            if taken.dead is not None:
                clear_or_give_back(taken.dead, mine, dependency)
            leases.release(stage, mine.token)


def clear_or_give_back(dead: Underway, mine: Underway, dependency: Dependency) -> None:
    """Clear what an attempt left that died, or leave that, with its lease, to who may.

    Raises LeavingsError then. To be called by who holds its lease now, as `mine`.
    """
    try:
        clear(dead, dependency)
    except LeavingsError:
        stage = Stage(dead.stage, targets=dead.targets)
        dependency.store.leases.give_back(stage, mine.token, dead)
        raise


def clear(dead: Underway, dependency: Dependency) -> None:
    """Clear what an attempt left that died. Raises LeavingsError for what this user may not."""
    for token in (*dead.dead, dead.token):
        try:
            end_children(token)
        except ForeignProcessError as error:
            raise LeavingsError(
                f"an interrupted run of {dead.stage} left a process: {error}"
            ) from None
    stage = Stage(dead.stage, targets=dead.targets)
    if dependency.store.known(stage).attempt is AttemptState.INTERRUPTED:
        keep.clear_failed(dead.stage)
        for target in dead.staging:
            try:
                _mend(target, keep.failed_folder(dead.stage), dependency)
            except FileNotFoundError:
                continue
            except PermissionError as error:
                raise LeavingsError(_not_allowed(dead.stage, target, error)) from error
    _discard(dead)


def _mend(target: StagedTarget, failed: str, dependency: Dependency) -> None:
    """Put a target's last good content back; what is half-made moves to the failed folder."""
    if target.shared:
        shared_folder.mend(target, failed)
        return
    place = target.path if os.path.islink(target.last_good) else target.destination
    if _is_half_made(target, dependency.judge.checker):
        keep.move(place, failed, target.path)
    replacing.put_back(target.last_good, place)


def _not_allowed(stage: str, target: StagedTarget, error: PermissionError) -> str:
    """Return what an interrupted run left, where, whose that is and who can do what about it."""
    folder = os.path.dirname(target.destination) or os.curdir
    there = next(p for p in (target.destination, folder, os.curdir) if os.path.lexists(p))
    owner = files.owner(there)
    return (
        f"an interrupted run of {stage} left {target.name} half-made, and in the folder {folder}"
        f" it can't be put back ({error.strerror}; it is {owner}'s): ask {owner} to type the same"
        f" command, or to give you the right to write {there}"
    )


def _is_half_made(target: StagedTarget, checker: Checker) -> bool:
    """Whether an action wrote under the target's own name, and may not have come to the end."""
    place = target.destination
    if not target.in_place or not os.path.lexists(place):
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
