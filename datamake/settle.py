"""Makes targets of what the actions of an attempt left, or puts everything back as it was."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from datamake import beside, files, keep, replacing, shared_folder, write_ahead
from datamake.checker import ContentChecker
from datamake.dependency import Dependency
from datamake.kept_edits import Edits
from datamake.made import Made, aim_link, leads_somewhere
from datamake.model import FileState, Seen, StagedTarget
from datamake.paths import canonical
from datamake.show.words import listed
from datamake.staging import Staging
from datamake.target_places import lstat


class Settlement:
    """The end of one attempt: `settle` or `roll_back`. `notes` are lines for the person."""

    def __init__(self, staging: Staging, seen: Seen, dependency: Dependency, root: str) -> None:
        self.staging = staging
        self._seen = seen
        self._dependency = dependency
        self._checker = dependency.judge.checker
        self._root = root
        self._replaced: list[tuple[StagedTarget, str]] = []
        self._states: dict[str, FileState] = {}
        # What the actions made of each target, by path, and what they left beside the targets, with
        # where it belongs.
        self._made: dict[str, Made] = {}
        self._siblings: list[tuple[str, str]] = []
        self.written_by_name: tuple[str, ...] = ()
        # Folders with files in them that the actions did not make.
        self.brought_along: set[str] = set()
        self.notes: list[str] = []
        self._edits = Edits(staging, seen, dependency, self.notes)

    # Verify ------------------------------------------------------------------------------

    def problem(self) -> str | None:
        """Look at what the actions left: return why it is not the declared targets, None if it is.

        To be asked first, and once.
        """
        targets = self.staging.targets
        self._made = {path: self._made_of(target) for path, target in targets.items()}
        self._siblings = self.staging.siblings()
        if self._took_in_logs():
            self._made = {path: self._made_of(target) for path, target in targets.items()}
            self._siblings = self.staging.siblings()
        return next(self._problems(), None)

    def _problems(self) -> Iterator[str]:
        targets = self.staging.targets
        missing = [targets[path].name for path, made in self._made.items() if made.found is None]
        if missing:
            instead = listed([place for _, place in self._siblings])
            hint = f": it made {instead}" if instead else ""
            yield f"the stage ended without making {', '.join(missing)}{hint}"
        for path, made in self._made.items():
            at, target = made.place, targets[path]
            if made.is_link and not leads_somewhere(at, target):
                yield f"{target.name} was made as a link to {os.readlink(at)}, which is not there"
        for _, place in self._siblings:
            if canonical(place, self._root) in self._seen.inputs:
                yield f"the stage wrote {place}, which is its own input"
        taken = beside.taken_from_stages(self._siblings, self._dependency, self._root)
        others = sorted(taken - targets.keys())
        if others:
            how = "have each write its own targets alone"
            yield f"the stage wrote {listed(others)}, which another stage makes: {how}"

    def _took_in_logs(self) -> bool:
        """Have databases hold what lies in logs beside them; whether there were any."""
        log = write_ahead.LOG
        places = [path for path, made in self._made.items() if made.place == path]
        places += [path.removesuffix(log) for path, _ in self._siblings if path.endswith(log)]
        found = [place for place in places if write_ahead.has_log(place)]
        for place in found:
            write_ahead.take_in(place)
        return bool(found)

    def _made_of(self, target: StagedTarget) -> Made:
        if not target.in_place:
            found = lstat(target.staged)
            if found is not None or not self.staging.was_touched(target):
                return Made(target.staged, found)
        return Made(target.path, lstat(target.path))

    def _by_name(self) -> Iterator[str]:
        """Yield the targets that were made under their own names, but for those in place."""
        for path, target in self.staging.targets.items():
            if not target.in_place and self._made[path].place == target.path:
                yield path

    # Settle ------------------------------------------------------------------------------

    def flush(self) -> None:
        """Take the states of the results, and write them through to the disk. Raises OSError."""
        self.written_by_name = tuple(self._by_name())
        self.brought_along = {path for path, made in self._made.items() if self._bring(path, made)}
        for path, made in self._made.items():
            target = self.staging.targets[path]
            if made.found is not None and made.place == target.staged:
                self._checker.seal(made.place, made.found)
            elif os.path.lexists(target.last_good):
                files.take_mode(made.place, target.last_good)
        self._states = {path: self._flushed(made.place) for path, made in self._made.items()}

    def _bring(self, path: str, made: Made) -> bool:
        """Have a new folder hold what others read in the old one; whether there was anything."""
        target = self.staging.targets[path]
        is_staged = made.place == target.staged and made.found is not None
        if not target.others or not is_staged or not files.is_folder(made.place):
            return False
        return shared_folder.bring_along(target)

    def settle(self) -> dict[str, FileState]:
        """Give every flushed result its target's name; return the states of the targets, by path.

        Raises OSError; `roll_back` mends what was done by then.
        """
        made, outputs = self._made, dict(self._states)
        # What a link leads to, and all that a shared folder holds, is there when all else is.
        late = [p for p, t in self.staging.targets.items() if t.shared or made[p].is_link]
        for path, target in self.staging.targets.items():
            if made[path].place == target.staged:
                self._replace(target, made[path], outputs[path])
            else:
                self._edits.keep_if_edited(target, outputs[path])
            if path in self.staging.links and target.destination != path:
                self._edits.say_written_through(target, self._root)
        for staged, place in self._siblings:
            self.notes.append(f"also wrote {place}, which is not a declared target")
            self.notes += beside.bring(staged, place, self._dependency)
        for path in late:
            target = self.staging.targets[path]
            without = target.others if target.shared else ()
            outputs[path] = self._checker.state(path, None, without)
        return outputs

    def links(self) -> dict[str, str]:
        """Return the targets that are links now, as a record notes them."""
        links: dict[str, str] = {}
        for path, target in self.staging.targets.items():
            if (target.destination != path or self._made[path].is_link) and os.path.islink(path):
                said = os.readlink(path)
                through = target.destination != path and said == self.staging.links.get(path)
                links[path] = "" if through else said
        return links

    def size(self, path: str) -> int:
        """Return how many bytes a target that was made has; of a folder, all that is in it."""
        found = self._file(path)
        return files.size(path) if found is None else found.st_size

    def is_file(self, path: str) -> bool:
        """Whether a target was made in the staging folder, as a plain file."""
        return self._file(path) is not None

    def _file(self, path: str) -> os.stat_result | None:
        made = self._made[path]
        is_staged = made.place == self.staging.targets[path].staged
        regular = made.found is not None and stat.S_ISREG(made.found.st_mode)
        return made.found if is_staged and regular else None

    def _flushed(self, path: str) -> FileState:
        state = self._checker.state(path)
        # Content that a power failure took is found out by its digest, and not by a time.
        if self._checker.name != ContentChecker.name:
            files.flush(path)
        return state

    def _replace(self, target: StagedTarget, made: Made, state: FileState) -> None:
        staged, place = target.staged, target.destination
        if made.is_link:
            place = target.path
            aim_link(staged, place, self.staging.token)
        is_new, edited = not os.path.lexists(place), False
        if not is_new:
            if write_ahead.has_log(place):
                # The log of the old database would be taken for one of the new.
                write_ahead.take_in(place)
            edited = self._edits.is_edited(target, place, state)
            files.take_mode(staged, place)
        # Before it is done: an interrupt may come in the middle of it, or right behind it.
        self._replaced.append((target, place))
        if is_new:
            files.rename(staged, place)
        else:
            replacing.put(staged, place, target.last_good, precious=edited)
        if edited:
            self._edits.keep(target)
        self._checker.renamed(staged, target.path)

    # Roll back ---------------------------------------------------------------------------

    def roll_back(self, folder: str | None) -> list[str]:
        """Put every target back as it was; return where what the actions left of them is now.

        It is moved to `folder`, or removed if that is None. Raises OSError for a target that
        can't be put back, and whose last good content is still held then.
        """
        unfinished = []
        for target, place in reversed(self._replaced):
            if not os.path.lexists(target.staged):
                unfinished.append(_aside(place, folder, target.path))
            replacing.put_back(target.last_good, place)
        for path, place in self.staging.left():
            moved = _aside(path, folder, place)
            if canonical(place, self._root) in self.staging.targets:
                unfinished.append(moved)
        mended = {target.path for target, _ in self._replaced}
        for target in self.staging.targets.values():
            if target.path not in mended and self._is_half_made(target):
                unfinished.append(_aside(target.destination, folder, target.path))
            if target.shared:
                unfinished.extend(shared_folder.mend(target, folder))
            elif target.in_place:
                replacing.put_back(target.last_good, target.destination)
        return [path for path in unfinished if path is not None]

    def _is_half_made(self, target: StagedTarget) -> bool:
        """Whether what is at a target's own place may be a part of it."""
        if target.shared or not os.path.lexists(target.destination):
            return False
        if not target.there:
            return True
        if not os.path.lexists(target.last_good):
            return False
        if os.path.isdir(target.destination):
            held: FileState = self._checker.state(target.last_good)
            return bool(self._checker.state(target.destination) != held)
        return self.staging.was_touched(target)


def _aside(path: str, folder: str | None, name: str) -> str | None:
    try:
        if folder is not None:
            return keep.move(path, folder, name)
        files.remove(path)
    except OSError:
        # To put the last good content back matters more than what is left of the new.
        return None
    return None
