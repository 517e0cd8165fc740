"""Where an attempt writes, and how its result takes the place of the last good one.

An action writes beside each target, under the target's own file name, in a folder that only
this attempt knows. What it leaves there becomes the target by a rename.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Any

from msgspec import Struct

from datamake import files
from datamake.holding import hold
from datamake.model import StagedTarget
from datamake.paths import canonical, folder_of
from datamake.sharing import make_folders
from datamake.stamps import OWN_PREFIX, is_own
from datamake.target_places import is_special, led_to, lstat, refuse_what_holds_all, stamp

PATHS = (str, PurePath)

LAST_GOOD = f"{OWN_PREFIX}-last-good"
HELD = frozenset({LAST_GOOD})
OTHERS = f"{OWN_PREFIX}-others"


class Declared(Struct, frozen=True):
    """What decides where targets are staged: canonical paths, but for the folder `root`.

    `in_place` are the targets that actions name themselves, `shared` the folders in which other
    stages make files too, `unmixed` the folders in which all else is as the stage left it; `others`
    is what of folders is not made by the stage, by the folder; `inputs` is what the stage reads.
    `links` are those of its last record; `elsewhere` says of a place to which a link leads whether
    more than the stage's own targets is there, which must not be written through the link.
    `token` is the name of the staging folders; without one they get a new name.
    """

    root: str
    inputs: Collection[str] = ()
    in_place: Collection[str] = ()
    shared: Collection[str] = ()
    unmixed: Collection[str] = ()
    others: Mapping[str, tuple[str, ...]] = {}
    token: str = ""
    links: Mapping[str, str] | None = None
    elsewhere: Callable[[str], bool] = lambda place: False


class Staging:
    """The staged paths of one attempt at a stage's targets, as the task spells them.

    Raises TargetError for a target that can't be built where it lies.
    """

    def __init__(self, names: Iterable[str], declared: Declared) -> None:
        self.root = declared.root
        self.token = declared.token or f"{OWN_PREFIX}-{os.getpid()}-{secrets.token_hex(4)}"
        self._unmixed = declared.unmixed
        self.targets: dict[str, StagedTarget] = {}
        self._named: dict[str, StagedTarget] = {}
        # What links say that a person put in the places of targets.
        self.links: dict[str, str] = {}
        self._stamps: dict[str, tuple[int, ...] | None] = {}
        # The staging folder of each folder with a target in it.
        self._around: dict[str, str] = {}
        taken: set[str] = set()
        for name in names:
            path = canonical(name, declared.root)
            if path not in self.targets:
                self.targets[path] = self._staged(name, path, declared, taken)
            self._named[name] = self.targets[path]
        self._folders = [*dict.fromkeys(self._around.values())]

    def _staged(self, name: str, path: str, declared: Declared, taken: set[str]) -> StagedTarget:
        found = lstat(path)
        destination = path
        if found is not None and stat.S_ISLNK(found.st_mode):
            destination = self._led_to(name, path, declared)
            found = lstat(destination)
        if found is not None and stat.S_ISDIR(found.st_mode):
            refuse_what_holds_all(name, destination, declared.root)
        self._stamps[path] = stamp(found)
        around, base = folder_of(destination), path.rpartition(os.sep)[2]
        folder = self._around.get(around)
        if folder is None:
            folder = self._around[around] = os.path.join(around, self.token)
        staged = f"{folder}{os.sep}{base}"
        while staged in taken:  # links of one name that lead into one folder
            folder = os.path.join(folder, OTHERS)
            staged = f"{folder}{os.sep}{base}"
        taken.add(staged)
        shared = path in declared.shared
        return StagedTarget(
            name=name,
            path=path,
            destination=destination,
            staged=staged,
            last_good=f"{folder}{os.sep}{LAST_GOOD}{os.sep}{base}",
            in_place=shared or path in declared.in_place or is_special(destination, found),
            there=found is not None,
            shared=shared,
            others=declared.others.get(path, ()),
        )

    def _led_to(self, name: str, path: str, declared: Declared) -> str:
        """Return where the content of a target that is a link lies: what it leads to is replaced.

        Unless the link is the stage's own, or is where a file was, or that is somebody else's.
        """
        said, real = os.readlink(path), os.path.realpath(path)
        if os.path.isdir(real):
            refuse_what_holds_all(name, real, declared.root)
        before = "" if declared.links is None else declared.links.get(path)
        if said != before:
            self.links[path] = said
        through = before == "" and not declared.elsewhere(real)
        return led_to(path, declared.inputs, declared.root) if through else path

    @property
    def in_place(self) -> frozenset[str]:
        """The targets that are written under their own names."""
        return frozenset(path for path, target in self.targets.items() if target.in_place)

    def find(self, value: Any) -> StagedTarget | None:
        """Return the target that a str or Path spells, None if it spells none."""
        if not isinstance(value, PATHS) or not (text := str(value)):
            return None
        return self._named.get(text) or self.targets.get(canonical(text, self.root))

    def path(self, name: str) -> str:
        """Return the path at which the actions are to write a target."""
        found = self.find(name)
        return name if found is None else found.handed

    # On disk -----------------------------------------------------------------------------

    def folders(self) -> list[str]:
        """Return the staging folders, one for each folder that has a target."""
        return list(self._folders)

    def missing_folders(self) -> list[str]:
        """Return the folders that have to be made for the targets, outermost first."""
        missing: list[str] = []
        for around in self._around:
            folder = around
            # A folder that is a target is for the actions to make.
            while folder and not os.path.lexists(folder) and folder not in self.targets:
                if folder not in missing:
                    missing.append(folder)
                folder = os.path.dirname(folder)
        return sorted(missing, key=len)

    def prepare(self, *, update: bool) -> None:
        """Make the folders, and hold the last good of targets that are written in place.

        Those are put back after a failure, and their places are empty meanwhile, as a build from
        nothing finds them. With `update` the actions start from what is there. Raises OSError.
        """
        staged = [folder_of(t.staged) for t in self.targets.values() if not t.in_place]
        if not (staged and all(map(os.path.isdir, staged))):
            for folder in self.missing_folders():
                os.makedirs(folder, exist_ok=True)
            for folder in staged:
                make_folders(folder)
        for target in self.targets.values():
            if not target.there or not (target.in_place or update):
                continue
            if is_special(target.destination, lstat(target.destination)):
                continue
            if target.in_place:
                make_folders(os.path.dirname(target.last_good))
                mixed = target.path not in self._unmixed
                hold(target, self.targets, update=update, mixed=mixed)
            elif update:
                real = os.path.realpath(target.destination)
                if os.path.lexists(real):  # a link of a person's may lead nowhere
                    files.copy(real, target.staged)

    def was_touched(self, target: StagedTarget) -> bool:
        """Whether a target was written under its own name since the attempt began."""
        return stamp(lstat(target.destination)) != self._stamps[target.path]

    def left(self) -> list[tuple[str, str]]:
        """Return what the actions left in the staging folders, with where it belongs."""
        return self._left_but(())

    def siblings(self) -> list[tuple[str, str]]:
        """Return what the actions left beside the staged targets, with where it belongs."""
        return self._left_but({target.staged for target in self.targets.values()})

    def _left_but(self, known: Collection[str]) -> list[tuple[str, str]]:
        places: dict[str, str] = {}
        for target in self.targets.values():
            places.setdefault(folder_of(target.staged), folder_of(target.path))
        return [
            (path, os.path.join(place, name))
            for folder, place in places.items()
            for name in _names_in(folder)
            if (path := f"{folder}{os.sep}{name}") not in known and not is_own(name)
        ]

    def emptied(self) -> list[str] | None:
        """Return the staging folders that are there, None if more than the last good is in one."""
        there = []
        for folder in self._folders:
            try:
                if not HELD.issuperset(os.listdir(folder)):
                    return None
            except FileNotFoundError:
                continue
            except OSError:
                return None
            there.append(folder)
        return there

    def drop_last_good(self) -> None:
        """Remove what is held of the targets, now that what took their places is recorded."""
        for target in self.targets.values():
            if target.there:
                # What stays is removed with the folder.
                with suppress(OSError):
                    files.remove(target.last_good)
                with suppress(OSError):
                    os.rmdir(os.path.dirname(target.last_good))

    def holds_last_good(self) -> bool:
        """Whether the last good of a target is held, which may be nowhere else."""
        return any(os.path.lexists(target.last_good) for target in self.targets.values())

    def is_cleared(self) -> bool:
        """Remove the staging folders if nothing is in them; whether none is left."""
        try:
            for folder in self._folders:
                with suppress(FileNotFoundError):
                    os.rmdir(folder)
        except OSError:
            return False
        return True

    def discard(self) -> None:
        """Remove the staging folders and what is left in them."""
        for folder in self._folders:
            with suppress(OSError):  # the next run that may tries again
                files.remove(folder)


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
