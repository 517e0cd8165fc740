"""How long the rest of a run will take, by how long its stages took in earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from doit.task import Task
from msgspec import Struct

from datamake.graph import in_order, upstream
from datamake.schedule import expected, longest_paths


class Expected(Struct, frozen=True):
    """What is known before a run begins of the `stages` that are to be looked at.

    `known` is how many seconds they took when they were built, `seconds` what they are expected
    to take, `upstream` what they wait for; the last two have groups, too, which take no time.
    `at_once` is how many are built at once.
    """

    stages: frozenset[str]
    known: Mapping[str, float]
    seconds: Mapping[str, float]
    upstream: Mapping[str, Iterable[str]]
    at_once: int


def expected_of(
    tasks: Mapping[str, Task], selected: Iterable[str], known: Mapping[str, float], at_once: int
) -> Expected:
    """Return what to expect of the selected tasks and all upstream of them.

    `known` has how long stages took. Those of which nothing is known take as long as the others.
    """
    names = [name for name in in_order(tasks, selected) if name in tasks]
    groups = {name for name in names if not tasks[name]._actions}
    return Expected(
        stages=frozenset(names) - groups,
        known={name: known[name] for name in names if name in known},
        seconds=expected(names, known, groups),
        upstream={name: upstream(tasks[name]) for name in names},
        at_once=at_once,
    )


class Underway(Struct, frozen=True):
    """How many seconds a running stage has taken, and how many it still needs."""

    took: float
    left: float


class Outlook:
    """How long the rest of a run will take, as its stages end.

    Of a stage that was never built nothing is known: it takes as long as others do, and the run
    tells by and by, of those that it builds and has built, how good a guess that is.
    """

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._paths = longest_paths(expected.seconds, expected.upstream)
        longest_first = sorted(self._paths.items(), key=lambda item: -item[1])
        self._order = [name for name, _ in longest_first if name in expected.stages]
        self._first = 0
        self._left = set(expected.stages)
        self._known = sum(expected.seconds[name] for name in self._left if self._is_known(name))
        self._guessed = sum(expected.seconds[name] for name in self._left) - self._known
        # What stages took of which nothing was known, and what had been guessed of them.
        self._took = self._guess = 0.0

    def usual(self, stage: str) -> float | None:
        """Return how many seconds a stage took the last time, None where that is not known."""
        return self._expected.known.get(stage)

    def ended(self, stage: str, seconds: float | None = None) -> None:
        """Hear that a stage ended; `seconds` is how long it took if it was built."""
        if stage not in self._left:
            return
        self._left.remove(stage)
        expected = self._expected.seconds[stage]
        if self._is_known(stage):
            self._known -= expected
            return
        self._guessed -= expected
        if seconds is not None:
            self._took += seconds
            self._guess += expected

    def seconds(self, running: Mapping[str, Underway]) -> float | None:
        """Return how long the rest will take; None where nothing tells, in this run or earlier.

        The rest takes as long as the longest way through it, or as all of it divided among those
        that work at once.
        """
        own = {name: it for name, it in running.items() if name in self._left}
        if not self._expected.known and not self._guess and not any(it.left for it in own.values()):
            return None
        seconds, pace = self._expected.seconds, self._pace(own)
        known = self._known - sum(seconds[name] for name in own if self._is_known(name))
        guessed = self._guessed - sum(seconds[name] for name in own if not self._is_known(name))
        total = known + pace * guessed + sum(it.left for it in own.values())
        return max(total / self._expected.at_once, self._longest(own, pace), 0.0)

    def _is_known(self, stage: str) -> bool:
        return stage in self._expected.known

    def _longest(self, running: Mapping[str, Underway], pace: float) -> float:
        """Return the longest way, of those that begin with a running stage what is left of it."""
        if self._expected.known:
            pace = 1.0  # which of the stages on a way are guessed is not kept
        while self._first < len(self._order) and self._order[self._first] not in self._left:
            self._first += 1
        longest = 0.0
        for name in self._order[self._first :]:
            if name in running:
                behind = self._paths[name] - self._expected.seconds[name]
                longest = max(longest, pace * behind + running[name].left)
            elif name in self._left:
                return max(longest, pace * self._paths[name])
        return longest

    def _pace(self, running: Mapping[str, Underway]) -> float:
        """Return how much longer than was guessed those stages take of which nothing was known."""
        told = [name for name in running if not self._is_known(name)]
        took = self._took + sum(running[name].took + running[name].left for name in told)
        guess = self._guess + sum(self._expected.seconds[name] for name in told)
        return took / guess if guess and took else 1.0
