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


class Outlook:
    """How long the rest of a run will take, as its stages end."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._paths = longest_paths(expected.seconds, expected.upstream)
        longest_first = sorted(self._paths.items(), key=lambda item: -item[1])
        self._order = [name for name, _ in longest_first if name in expected.stages]
        self._first = 0
        self._left = set(expected.stages)
        self._total = sum(expected.seconds[name] for name in self._left)
        self._built: list[tuple[float, float]] = []

    def usual(self, stage: str) -> float | None:
        """Return how many seconds a stage took the last time, None where that is not known."""
        return self._expected.known.get(stage)

    def ended(self, stage: str, seconds: float | None = None) -> None:
        """Hear that a stage ended; `seconds` is how long it took if it was built."""
        if stage not in self._left:
            return
        self._left.remove(stage)
        self._total -= self._expected.seconds[stage]
        if seconds is not None:
            self._built.append((seconds, self._expected.seconds[stage]))

    def seconds(self, running: Mapping[str, float]) -> float | None:
        """Return how long the rest will take; None where no stage was built yet, now or earlier.

        `running` says how long each of the running stages still needs. The rest takes as long
        as the longest way through it, or as all of it divided among those that work at once.
        """
        if not self._expected.known and not self._built:
            return None
        own = {name: left for name, left in running.items() if name in self._left}
        seconds = self._expected.seconds
        total = self._total - sum(seconds[name] for name in own) + sum(own.values())
        return max(total / self._expected.at_once, self._longest(own), 0.0) * self._pace()

    def _longest(self, running: Mapping[str, float]) -> float:
        """Return the longest way, of those that begin with a running stage what is left of it."""
        while self._first < len(self._order) and self._order[self._first] not in self._left:
            self._first += 1
        longest = 0.0
        for name in self._order[self._first :]:
            if name in running:
                longest = max(
                    longest, self._paths[name] - self._expected.seconds[name] + running[name]
                )
            elif name in self._left:
                return max(longest, self._paths[name])
        return longest

    def _pace(self) -> float:
        """Return how much longer stages take than was expected, where nothing was known before."""
        if self._expected.known:
            return 1.0
        took, guessed = (sum(values) for values in zip(*self._built, strict=True))
        return took / guessed if guessed else 1.0
