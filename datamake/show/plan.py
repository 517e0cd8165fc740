"""A plan as text: what would run, in order, and why."""

from __future__ import annotations

from typing import TextIO

from datamake.model import State, Verdict
from datamake.planner import Planner
from datamake.show import words

WORD = {
    State.STALE: "run",
    State.WAITS: "maybe",
    State.IGNORED: "ignored",
    State.ERROR: "error",
}


def show_plan(planner: Planner, out: TextIO) -> None:
    """Write the stages that would run or may run, with reasons, and a line that counts."""
    counts = dict.fromkeys(State, 0)
    for task, verdict in planner.verdicts():
        counts[verdict.state] += 1
        if verdict.state in WORD:
            out.write(f"{WORD[verdict.state]:<7}  {task.name}  {_because(verdict)}".rstrip() + "\n")
    for name in dict.fromkeys(planner.held):
        out.write(f"maybe    {name}  its tasks are known when what it waits for has run\n")
    out.write(f"{_counted(counts)}\n")


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
