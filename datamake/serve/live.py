"""How every stage stands now: the last snapshot, with what has happened since laid over it."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from datamake.model import AttemptState, State
from datamake.serve.snapshot import FAILED, RUNNING, Snapshot, state_of
from datamake.store_rows import Underway

# So many changes are remembered for who comes back; who missed more is told to look anew.
MOST_CHANGES = 20_000

AFTER = {
    AttemptState.BUILT: State.FRESH.value,
    AttemptState.FAILED: FAILED,
    AttemptState.INTERRUPTED: State.STALE.value,
}


class Change(Struct, frozen=True):
    """What is new since a moment: the states of stages, and the counts of the groups they are of.

    `last` is the moment up to which it tells. `missed` says that too much has happened to tell.
    """

    last: int
    stages: Mapping[str, str] = {}
    groups: Mapping[str, Mapping[str, int]] = {}
    missed: bool = False


class Live:
    """The states of all stages. For several threads.

    Moments are numbers that grow with every change, over restarts of the server too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.snapshot: Snapshot | None = None
        # Goes up when the graph changes, not when only states do.
        self.version = 0
        self._structure = ""
        self._ended: dict[str, str] = {}
        self._running: dict[str, Underway] = {}
        # Which process acts, by the tokens of attempts that are under way.
        self.workers: Mapping[str, int] = {}
        self._states: dict[str, str] = {}
        self._began = self._moment = int(time.time() * 1_000_000)
        self._changes: deque[tuple[int, str]] = deque(maxlen=MOST_CHANGES)
        self._groups: dict[str, Counter[str]] = {}
        self._counts: Counter[str] = Counter()

    # Changing ----------------------------------------------------------------------------

    def look(self, snapshot: Snapshot, ended: Iterable[tuple[str, AttemptState]]) -> None:
        """Take a new snapshot; `ended` are the attempts that it does not know of, in order."""
        structure = snapshot.structure()
        with self._lock:
            self.snapshot = snapshot
            self._ended = {stage: AFTER[state] for stage, state in ended if state in AFTER}
            if structure != self._structure:
                self._structure = structure
                self.version += 1
            fresh = snapshot.stages()
            gone = self._states.keys() - fresh.keys()
            for name in gone:
                del self._states[name]
            self._note(gone)
            self._settle({name: self._now(name, state) for name, state in fresh.items()})
            self._count()

    def happened(
        self, ended: Iterable[tuple[str, AttemptState]], running: Mapping[str, Underway]
    ) -> bool:
        """Lay over it the attempts that ended and those that run now; return whether it changed."""
        with self._lock:
            touched = dict.fromkeys((*self._running.keys() - running.keys(), *running))
            for stage, state in ended:
                self._ended[stage] = AFTER.get(state, State.STALE.value)
                touched[stage] = None
            before = self._running.keys()
            self._running = dict(running)
            base = {} if self.snapshot is None else self.snapshot.judged
            states = {name: self._now(name) for name in touched if name in base}
            changed = self._settle({n: s for n, s in states.items() if n in self._states})
            return changed or before != self._running.keys()

    def act(self, workers: Mapping[str, int]) -> bool:
        """Take the numbers of the processes that act, by token; return whether they changed."""
        changed, self.workers = workers != self.workers, workers
        return changed

    def _now(self, name: str, state: str = "") -> str:
        if name in self._running:
            return RUNNING
        if name in self._ended:
            return self._ended[name]
        return state or self._before(name)

    def _before(self, name: str) -> str:
        assert self.snapshot is not None
        return state_of(self.snapshot.judged[name])

    def _settle(self, states: Mapping[str, str]) -> bool:
        changed = [name for name, state in states.items() if self._states.get(name) != state]
        for name in changed:
            before, after = self._states.get(name), states[name]
            self._states[name] = after
            for counts in self._counted(name):
                counts[after] += 1
                if before is not None:
                    counts[before] -= 1
        self._note(changed)
        return bool(changed)

    def _counted(self, name: str) -> list[Counter[str]]:
        assert self.snapshot is not None
        group = self.snapshot.parts[name].group
        return [self._counts, *([self._groups.setdefault(group, Counter())] if group else [])]

    def _count(self) -> None:
        """Count all anew: a new snapshot may have other groups."""
        self._counts, self._groups = Counter(), {}
        for name, state in self._states.items():
            for counts in self._counted(name):
                counts[state] += 1

    def _note(self, names: Iterable[str]) -> None:
        for name in names:
            self._moment += 1
            self._changes.append((self._moment, name))

    # Reading -----------------------------------------------------------------------------

    @property
    def moment(self) -> int:
        """The number of the last change."""
        return self._moment

    def state(self, name: str) -> str:
        """Return how a stage stands, "" for one that is not known."""
        with self._lock:
            return self._states.get(name, "")

    def states(self) -> dict[str, str]:
        """Return how every stage stands."""
        with self._lock:
            return dict(self._states)

    def counts(self) -> dict[str, int]:
        """Count the stages in each state."""
        with self._lock:
            return {state: count for state, count in self._counts.items() if count}

    def running(self) -> dict[str, Underway]:
        """Return the attempts that are under way, by stage."""
        with self._lock:
            return dict(self._running)

    def since(self, moment: int) -> Change:
        """Return what has changed since a moment."""
        with self._lock:
            full = len(self._changes) == MOST_CHANGES
            oldest = self._changes[0][0] - 1 if full else self._began
            if not oldest <= moment <= self._moment:
                return Change(last=self._moment, missed=True)
            names: dict[str, None] = {}
            for number, name in reversed(self._changes):
                if number <= moment:
                    break
                names[name] = None
            return self._change(names)

    def _change(self, names: Iterable[str]) -> Change:
        states = {name: self._states[name] for name in names if name in self._states}
        parts = {} if self.snapshot is None else self.snapshot.parts
        groups = dict.fromkeys(parts[name].group for name in states if name in parts)
        found = {group: dict(+self._groups[group]) for group in groups if group in self._groups}
        return Change(last=self._moment, stages=states, groups=found)
