"""A plan as text: what would run, in order, why, and how long that takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TextIO

from datamake.graph import upstream
from datamake.model import State, Verdict
from datamake.planner import Planner
from datamake.schedule import expected, makespan
from datamake.show import words

WORD = {
    State.STALE: "run",
    State.WAITS: "maybe",
    State.IGNORED: "ignored",
    State.ERROR: "error",
}

# What takes less, in seconds, is as good as nothing to who plans.
SHORTEST_SAID = 0.2


def show_plan(
    planner: Planner, out: TextIO, durations: Mapping[str, float], at_once: int = 1
) -> None:
    """Write the stages that would run or may run, with reasons, and a line that sums up.

    `durations` says how many seconds stages took when they were built, `at_once` how many are
    to be built at once.
    """
    counts = dict.fromkeys(State, 0)
    forecast = _Forecast(durations, at_once)
    for task, verdict in planner.verdicts():
        counts[verdict.state] += 1
        forecast.add(task.name, verdict.state, upstream(task))
        if verdict.state in WORD:
            line = f"{WORD[verdict.state]:<7}  {task.name}  {_because(verdict)}".rstrip()
            out.write(f"{words.escaped(line)}{forecast.of(task.name, verdict.state)}\n")
    for name in dict.fromkeys(planner.held):
        out.write(f"maybe    {name}  its tasks are known when what it waits for has run\n")
    out.write(f"{_counted(counts)}{forecast.whole()}\n")


def _because(verdict: Verdict) -> str:
    if verdict.state is State.WAITS:
        return words.waits_for(verdict.waits_for)
    return words.reasons(verdict.reasons)


def _counted(counts: dict[State, int]) -> str:
    parts = {
        State.STALE: "would run",
        State.WAITS: "may follow",
        State.ERROR: "can't be judged",
        State.IGNORED: "ignored",
        State.FRESH: "up to date",
    }
    said = [f"{counts[state]} {text}" for state, text in parts.items() if counts[state]]
    return ", ".join(said) or "nothing to do"


class _Forecast:
    """How long what would run takes, stage by stage and in all."""

    def __init__(self, durations: Mapping[str, float], at_once: int) -> None:
        self._durations = durations
        self._at_once = at_once
        self._states: dict[str, State] = {}
        self._upstream: dict[str, list[str]] = {}

    def add(self, name: str, state: State, waits_for: list[str]) -> None:
        """Count a stage in."""
        self._states[name] = state
        self._upstream[name] = waits_for

    def of(self, name: str, state: State) -> str:
        """Return what there is to say of one stage."""
        seconds = self._durations.get(name, 0.0)
        if state not in (State.STALE, State.WAITS) or seconds < SHORTEST_SAID:
            return ""
        return f"  (usually {words.duration(seconds)})"

    def whole(self) -> str:
        """Return what there is to say of the whole run, "" where none of it was ever built."""
        run = self._names(State.STALE)
        follow = self._names(State.WAITS)
        unknown = [name for name in (*run, *follow) if name not in self._durations]
        if len(unknown) == len(run) + len(follow):
            return ""
        least = self._span(run) if run else 0.0
        most = self._span([*run, *follow])
        if most < SHORTEST_SAID:
            return ""
        said = f"; expected to take {words.span(least, most)}"
        if self._at_once > 1:
            said += f" with -n {self._at_once}"
        if unknown:
            said += f", {words.count(len(unknown), 'stage')} never built like the others"
        return said

    def _names(self, state: State) -> list[str]:
        return [name for name, found in self._states.items() if found is state]

    def _span(self, names: Iterable[str]) -> float:
        chosen = set(names)
        others = [name for name in self._states if name not in chosen]
        times = expected(self._states, self._durations, frozenset(others))
        return makespan(times, self._upstream, self._at_once)
