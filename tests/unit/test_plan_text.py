"""A plan as text: what would run, and how long that takes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from doit.task import Task

from datamake.model import Reason, Stage, State, Verdict, Why
from datamake.show.plan import show_plan


class Planned:
    """Judged tasks, as a planner hands them out."""

    def __init__(self, **states: State) -> None:
        self._states = states
        self.held: list[str] = []

    def verdicts(self) -> Iterator[tuple[Task, Verdict]]:
        for name, state in self._states.items():
            reasons = (Reason(Why.FORCED),) if state is State.STALE else ()
            waits = ("a",) if state is State.WAITS else ()
            yield Task(name, ["true"]), Verdict(Stage(name), state, reasons, waits)


def lines(planner: Any, **durations: float) -> list[str]:
    return with_workers(1, planner, durations)


def with_workers(at_once: int, planner: Any, durations: Mapping[str, float]) -> list[str]:
    out = io.StringIO()
    show_plan(planner, out, durations, at_once)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "< 0.1 s"),
        (0.0994, "< 0.1 s"),
        (0.1, "0.10 s"),
        (0.15, "0.15 s"),
        (12.0, "12 s"),
        (200.0, "3 min 20 s"),
    ],
)
def test_how_long_a_stage_usually_takes_is_told_however_little_that_is(
    seconds: float, said: str
) -> None:
    assert lines(Planned(a=State.STALE), a=seconds) == [
        f"run      a  forced  (usually {said})",
        f"1 would run; expected to take {said}",
    ]


def test_many_stages_that_take_next_to_nothing_take_their_time_together() -> None:
    names = [f"a{number}" for number in range(100)]
    planner = Planned(**dict.fromkeys(names, State.STALE))
    *each, last = lines(planner, **dict.fromkeys(names, 0.04))
    assert all(line.endswith("(usually < 0.1 s)") for line in each)
    assert last == "100 would run; expected to take 4.0 s"
    last = with_workers(4, planner, dict.fromkeys(names, 0.04))[-1]
    assert last == "100 would run; expected to take 1.0 s with -n 4"


def test_of_what_was_never_built_nothing_is_told() -> None:
    assert lines(Planned(a=State.STALE)) == ["run      a  forced", "1 would run"]
    assert lines(Planned(a=State.STALE, b=State.STALE), a=0.01) == [
        "run      a  forced  (usually < 0.1 s)",
        "run      b  forced",
        "2 would run; expected to take < 0.1 s, 1 stage never built like the others",
    ]


def test_what_is_fresh_takes_no_time() -> None:
    assert lines(Planned(a=State.FRESH, b=State.STALE), a=9.0, b=1.0)[-1] == (
        "1 would run, 1 up to date; expected to take 1.0 s"
    )
    assert lines(Planned(a=State.FRESH), a=9.0) == ["1 up to date"]


def test_what_waits_may_take_its_time() -> None:
    planner = Planned(a=State.STALE, b=State.WAITS)
    assert lines(planner, a=0.01, b=0.5) == [
        "run      a  forced  (usually < 0.1 s)",
        "maybe    b  waits for a  (usually 0.50 s)",
        "1 would run, 1 may follow; expected to take up to 0.51 s",
    ]
