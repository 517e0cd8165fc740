"""How long what a plan would run takes, by how long its stages took in earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from datamake.model import State
from datamake.schedule import expected, makespan


class Span(Struct, frozen=True):
    """The `count` stages that would or may run take `least` to `most` seconds, all at once.

    `unknown` of them were never built, and are expected to take as long as the others.
    """

    least: float
    most: float
    count: int
    unknown: int


class PlanForecast:
    """How long the stages of a plan take, one by one and in all."""

    def __init__(self, durations: Mapping[str, float], at_once: int) -> None:
        """`durations` says how many seconds stages took, `at_once` how many are built at once."""
        self._durations = durations
        self._at_once = at_once
        self._states: dict[str, State] = {}
        self._upstream: dict[str, list[str]] = {}

    def add(self, name: str, state: State, waits_for: list[str]) -> None:
        """Count a stage in."""
        self._states[name] = state
        self._upstream[name] = waits_for

    def of(self, name: str) -> float | None:
        """Return how many seconds a stage took that would or may run.

        None for any other, and where that is not known.
        """
        runs = self._states[name] in (State.STALE, State.WAITS)
        return self._durations.get(name) if runs else None

    def span(self) -> Span:
        """Return how long the whole run takes."""
        run = self._names(State.STALE)
        all_of_it = [*run, *self._names(State.WAITS)]
        unknown = sum(name not in self._durations for name in all_of_it)
        least = self._seconds(run) if run else 0.0
        return Span(least, self._seconds(all_of_it), len(all_of_it), unknown)

    def _names(self, state: State) -> list[str]:
        return [name for name, found in self._states.items() if found is state]

    def _seconds(self, names: Collection[str]) -> float:
        chosen = set(names)
        others = [name for name in self._states if name not in chosen]
        times = expected(self._states, self._durations, frozenset(others))
        return makespan(times, self._upstream, self._at_once)
