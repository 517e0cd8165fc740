"""Keeps what a person put in the place of a target, and says so."""

from __future__ import annotations

import os

from datamake import files, keep
from datamake.dependency import Dependency
from datamake.model import FileState, Seen, StagedTarget
from datamake.paths import canonical
from datamake.staging import Staging


class Edits:
    """What people did with the targets of one attempt. Lines about it are added to `notes`."""

    def __init__(
        self, staging: Staging, seen: Seen, dependency: Dependency, notes: list[str]
    ) -> None:
        self._staging = staging
        self._seen = seen
        self._store = dependency.store
        self._checker = dependency.judge.checker
        self.notes = notes

    def say_written_through(self, target: StagedTarget, root: str) -> None:
        """Say where a link leads that a target was written through."""
        before = self._staging.links[target.path]
        if os.path.islink(target.path) and os.readlink(target.path) == before:
            place = canonical(target.destination, root)
            self.notes.append(f"{target.name} is a link: written to {place}")

    def is_edited(self, target: StagedTarget, place: str, state: FileState) -> bool:
        """Whether what is at a place is a person's, and not the staged result of this state."""
        if os.path.islink(place):
            return self._is_lost(target, place, target.staged)
        built = self._store.built(target.path)
        now = self._checker.state(place, built)
        return now not in (built, state, None) and not files.same_content(target.staged, place)

    def _is_lost(self, target: StagedTarget, link: str, made: str) -> bool:
        """Whether a link, or what is held as one, is a person's and says what nothing says now."""
        is_same = os.path.islink(made) and os.readlink(made) == os.readlink(link)
        return target.path in self._staging.links and not is_same

    def keep_if_edited(self, target: StagedTarget, state: FileState) -> None:
        """Keep what is held of a target that was made in place, if it is a person's."""
        if os.path.islink(target.last_good):
            if self._is_lost(target, target.last_good, target.path):
                self.keep(target)
            return
        before, built = self._seen.outputs.get(target.path), self._store.built(target.path)
        if not os.path.lexists(target.last_good) or before in (built, state, None):
            return
        if not files.same_content(target.last_good, target.destination):
            self.keep(target)

    def keep(self, target: StagedTarget) -> None:
        """Keep what is held of a target, and say where."""
        place = keep.place_to_keep(target.path)
        files.keep(target.last_good, place)
        built = self._store.built(target.path)
        if os.path.islink(place):
            said = f"a link to {os.readlink(place)}"
            became = f"became {said}" if built is not None else f"was {said} before the first build"
            self.notes.append(f"{target.name} {became}; that link is kept as {place}")
            return
        what = "folder" if os.path.isdir(place) else "file"
        edited = self._how_edited(place, built)
        self.notes.append(f"{target.name} {edited}; that {what} is kept as {place}")

    def _how_edited(self, place: str, built: FileState) -> str:
        """Return what is known of how a file that is kept came into being."""
        if built is None:
            return "was there before the first build"
        # What another check_file_uptodate has recorded tells nothing about what is there.
        if type(self._checker.state(place, built)) is not type(built):
            return "may have been edited by hand, for it was recorded by another checker"
        return "was edited by hand"
