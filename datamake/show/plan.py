"""A plan as text: what would run, in order, why, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from datamake.graph import upstream
from datamake.model import State, Verdict
from datamake.planner import Planner
from datamake.show import words
from datamake.show.plan_forecast import PlanForecast, Span

WORD = {
    State.STALE: "run",
    State.WAITS: "maybe",
    State.IGNORED: "ignored",
    State.ERROR: "error",
}

# What takes less, in seconds, is not told apart: it is as good as nothing to who plans.
SHORTEST_SAID = 0.1


def show_plan(
    planner: Planner, out: TextIO, durations: Mapping[str, float], at_once: int = 1
) -> None:
    """Write the stages that would run or may run, with reasons, and a line that sums up.

    `durations` says how many seconds stages took when they were built, `at_once` how many are
    to be built at once.
    """
    counts = dict.fromkeys(State, 0)
    forecast = PlanForecast(durations, at_once)
    for task, verdict in planner.verdicts():
        counts[verdict.state] += 1
        forecast.add(task.name, verdict.state, upstream(task))
        if verdict.state in WORD:
            line = f"{WORD[verdict.state]:<7}  {task.name}  {_because(verdict)}".rstrip()
            out.write(f"{words.escaped(line)}{_usually(forecast.of(task.name))}\n")
    for name in dict.fromkeys(planner.held):
        out.write(f"maybe    {name}  its tasks are known when what it waits for has run\n")
    out.write(f"{_counted(counts)}{_in_all(forecast.span(), at_once)}\n")


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


def _usually(seconds: float | None) -> str:
    return "" if seconds is None else f"  (usually {_duration(seconds)})"


def _duration(seconds: float) -> str:
    return words.duration(seconds) if seconds >= SHORTEST_SAID else f"< {SHORTEST_SAID} s"


def _in_all(span: Span, at_once: int) -> str:
    if span.unknown == span.count:
        return ""
    least = span.least if span.least >= SHORTEST_SAID else 0.0
    short = span.most < SHORTEST_SAID
    time = _duration(span.most) if short else words.span(least, span.most)
    said = f"; expected to take {time}"
    if at_once > 1:
        said += f" with -n {at_once}"
    if span.unknown:
        said += f", {words.count(span.unknown, 'stage')} never built like the others"
    return said
