"""Where a file's content comes from: what made it, of what, back to the raw data."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from datamake import files
from datamake.checker import Checker
from datamake.model import AttemptState, FileState
from datamake.origin import Maker, Origin, Standing
from datamake.past import PastAttempt, PastRun
from datamake.paths import lies_below
from datamake.store import Store


class UnreadError(OSError):
    """A checker that reads no file can't tell the state of this one."""


class Reach(Struct, frozen=True):
    """How far is looked: `root` is the folder that paths are relative to, "" the present one.

    At most so many `attempts` at a stage are looked through, None for all. `former` says that
    those stages count too whose targets another stage has made since, or that were removed: all
    records are read for that.
    """

    root: str = ""
    attempts: int | None = None
    former: bool = True


FAR = Reach()


class _Step(Struct, frozen=True):
    path: str
    state: FileState
    depth: int
    before: int | None = None
    without: tuple[str, ...] = ()


def trace(memory: Memory, path: str, levels: int | None = None) -> Iterator[Origin]:
    """Yield a file and then all that it was made of, each behind what was made of it.

    It is the content that is there now, if a stage made that; otherwise the one that was built
    last. Each file is told of once. No more than so many `levels` upstream are looked at, None
    for all.
    """
    told: set[tuple[str, str]] = set()
    steps = [_Step(path, memory.state_of_interest(path), 0)]
    while steps:
        step = steps.pop()
        key = step.path, json.dumps(step.state)
        if key in told:
            yield memory.origin(step, told=True)
            continue
        told.add(key)
        origin = memory.origin(step)
        yield origin
        if origin.maker is not None and step.depth != levels:
            steps += reversed(_steps_upstream(origin.maker, step.depth + 1))


def _steps_upstream(maker: Maker, depth: int) -> list[_Step]:
    return [
        _Step(path, state, depth, maker.attempt or None, _within(path, maker.outputs))
        for path, state in maker.inputs.items()
    ]


def _within(folder: str, outputs: Mapping[str, FileState]) -> tuple[str, ...]:
    # What a stage makes in a folder that it reads is no part of that input.
    return tuple(output for output in outputs if lies_below(output, folder))


class Memory:
    """What the store and the disk tell of files.

    `declared` maps the targets of the present tasks to their names.
    """

    def __init__(
        self, store: Store, checker: Checker, declared: Mapping[str, str], reach: Reach = FAR
    ) -> None:
        self._store = store
        self._history = store.history
        self._checker = checker
        self._declared = declared
        self._reach = reach
        self._runs: dict[int, PastRun | None] = {}

    def knows(self, path: str) -> bool:
        """Whether a stage makes a path, or a folder above it, or once did."""
        return bool(self._candidates(path))

    def paths(self) -> list[str]:
        """Return the paths that stages make, or once did."""
        return [*{**self._declared, **self._former}]

    def state_of_interest(self, path: str) -> FileState:
        """Return the state that is there, if a stage left it; else the last that one did."""
        built = self._store.built(path)
        now = self._now(_Step(path, built, 0))
        if built is None or isinstance(now, Standing):
            return built if isinstance(now, Standing) else now
        made = self._maker(path, now, None)
        return now if made is not None and not made.edited else built

    def origin(self, step: _Step, *, told: bool = False) -> Origin:
        """Return what is known of a file with one content."""
        maker = None if told else self._maker(step.path, step.state, step.before)
        standing = self._standing(step)
        size = maker.sizes.get(step.path) if maker is not None else None
        if size is None and standing is Standing.SAME and step.state is not None:
            size = files.size(os.path.join(self._reach.root, step.path))
        return Origin(
            path=step.path,
            state=step.state,
            standing=standing,
            size=size,
            depth=step.depth,
            maker=maker,
            declared=next(iter(self._candidates(step.path)), ""),
            told=told,
        )

    def _now(self, step: _Step) -> FileState | Standing:
        try:
            return self._checker.state(step.path, step.state, step.without)
        except UnreadError:
            return Standing.UNREAD
        except OSError:
            return Standing.UNREADABLE

    def _standing(self, step: _Step) -> Standing:
        now = self._now(step)
        if isinstance(now, Standing):
            return now
        if now == step.state:
            return Standing.SAME
        if now is None:
            return Standing.MISSING
        if step.state is not None and type(now) is not type(step.state):
            return Standing.OTHER_KIND
        return Standing.REBUILT if now == self._store.built(step.path) else Standing.CHANGED

    # Who made it -------------------------------------------------------------------------

    def _maker(self, path: str, state: FileState, before: int | None) -> Maker | None:
        """Return what made a file with this content, before an attempt that read it."""
        last: PastAttempt | None = None
        for stage in self._candidates(path):
            for attempt in self._history.attempts_at(stage, self._reach.attempts):
                made = _output(path, attempt.details.outputs)
                late = before is not None and attempt.id >= before
                if made is None or late or attempt.state is not AttemptState.BUILT:
                    continue
                if made != path or attempt.details.outputs[path] == state:
                    return self._of_attempt(attempt)
                last = attempt if last is None or attempt.id > last.id else last
            for record in self._store.recorded(stage):
                if path in record.outputs and record.outputs[path] == state:
                    return Maker.of_record(record)
        return None if last is None or state is None else self._of_attempt(last, edited=True)

    def _candidates(self, path: str) -> list[str]:
        """Return the stages that make a path, or a folder above it, or once did."""
        above = path
        found: dict[str, None] = {}
        while above not in ("", os.sep, os.curdir, os.pardir):
            found.update(dict.fromkeys(self._last_builders(above)))
            if above in self._declared:
                found[self._declared[above]] = None
            found.update(dict.fromkeys(self._former.get(above, ())))
            above = os.path.dirname(above)
        return list(found)

    def _last_builders(self, path: str) -> list[str]:
        return [stage for _, stage, _ in self._store.builders([path])]

    @functools.cached_property
    def _former(self) -> dict[str, list[str]]:
        """The stages that had, at their last build, a path among their targets."""
        found: dict[str, list[str]] = {}
        for stage, targets in self._store.targets() if self._reach.former else ():
            for path in targets:
                found.setdefault(path, []).append(stage)
        return found

    def _of_attempt(self, attempt: PastAttempt, *, edited: bool = False) -> Maker:
        run = self._run(attempt.run)
        return Maker.of_attempt(attempt, self._history, run, edited=edited)

    def _run(self, number: int) -> PastRun | None:
        # Many files are of one run, whose attempts are counted as long as it has not ended.
        if number not in self._runs:
            self._runs[number] = self._history.run(number)
        return self._runs[number]


def _output(path: str, outputs: Mapping[str, FileState]) -> str | None:
    """Return the output that a path is or lies in, None if it does not."""
    if path in outputs:
        return path
    return next((output for output in outputs if lies_below(path, output)), None)
