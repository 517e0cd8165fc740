"""Where an attempt writes, and how its result takes the place of the last good one.

An action writes beside each target, under the target's own file name, in a folder that only
this attempt knows. What it leaves there becomes the target by a rename.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from datamake.disk import OWN_PREFIX
from datamake.files import copy_file


class Staging:
    """The staged paths of one attempt.

    `paths` maps each target, as the task spells it, to the path that the actions are handed.
    `in_place` is for actions that name a target themselves: they are handed the targets as they
    are, and the staged path holds a copy of the last good content meanwhile.
    """

    def __init__(self, targets: Iterable[str], *, in_place: bool) -> None:
        token = f"{OWN_PREFIX}-{os.getpid()}-{secrets.token_hex(4)}"
        self.in_place = in_place
        # A target that is a link stays one: what it points to is replaced.
        self.destinations = {target: _followed(target) for target in targets}
        self.paths = {
            target: os.path.join(os.path.dirname(real), token, os.path.basename(real))
            for target, real in self.destinations.items()
        }

    @property
    def folders(self) -> set[str]:
        """The staging folders, one for each folder that has a target."""
        return {os.path.dirname(path) for path in self.paths.values()}

    def missing_folders(self) -> list[str]:
        """Return the folders that have to be made for the targets, outermost first."""
        missing: list[str] = []
        for real in self.destinations.values():
            folder = os.path.dirname(real)
            while folder and not os.path.isdir(folder) and folder not in missing:
                missing.append(folder)
                folder = os.path.dirname(folder)
        return sorted(missing, key=len)

    def prepare(self, *, with_last_good: bool) -> None:
        """Make the folders. Puts a copy of the last good targets into them where asked to.

        In place the copy is what a failure is mended from; otherwise it is what an action that
        only updates its target starts from. Raises OSError.
        """
        for folder in self.folders:
            os.makedirs(folder)
        if not with_last_good:
            return
        for target, staged in self.paths.items():
            if os.path.isfile(target):
                copy_file(target, staged)

    def path(self, target: str) -> str:
        """Return the path at which the actions are to write a target."""
        return target if self.in_place else self.paths[target]

    def result(self, target: str) -> str | None:
        """Return where the actions left a target, None if nowhere."""
        staged = self.path(target)
        return staged if os.path.lexists(staged) else None

    def replace(self, value: Any) -> Any:
        """Return an argument with each target in it replaced by its staged path.

        Looks at str and Path, and inside lists, tuples, sets and dicts.
        """
        if self.in_place:
            return value
        if isinstance(value, str):
            return self.paths.get(value, value)
        if isinstance(value, PurePath):
            staged = self.paths.get(str(value))
            return value if staged is None else type(value)(staged)
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(self.replace(item) for item in value)
        if type(value) is dict:
            return {key: self.replace(item) for key, item in value.items()}
        return value

    def mentions(self, value: Any) -> bool:
        """Whether an argument holds a target, so that it is handed the staged path."""
        if isinstance(value, str | PurePath):
            return str(value) in self.paths
        if isinstance(value, dict):
            return any(self.mentions(item) for item in value.values())
        if isinstance(value, list | tuple | set | frozenset):
            return any(self.mentions(item) for item in value)
        return False

    def unstaged(self, text: str) -> str:
        """Return a message with the staged paths in it replaced by the targets."""
        for target, staged in self.paths.items():
            text = text.replace(staged, target)
        return text

    def siblings(self) -> list[tuple[str, str]]:
        """Return what the actions wrote beside the staged targets, with where it belongs."""
        if self.in_place:
            return []
        staged = set(self.paths.values())
        found = []
        for folder in sorted(self.folders):
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if path not in staged:
                    found.append((path, os.path.join(os.path.dirname(folder), name)))
        return found

    def discard(self) -> None:
        """Remove the staging folders and what is left in them."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def _followed(target: str) -> str:
    return os.path.realpath(target) if os.path.islink(target) else os.path.normpath(target)
