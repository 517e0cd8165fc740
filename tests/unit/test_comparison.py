"""What differs between two runs of a remembered project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datamake.comparison import Change, StageChange, changes, compare, difference
from datamake.history import History
from datamake.model import AttemptState, Meaning
from datamake.past import Details, PastAttempt, PastRun
from datamake.process import Process
from datamake.store import Store

BUILT, FAILED = AttemptState.BUILT, AttemptState.FAILED


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = Store.open(str(tmp_path / "store.sqlite"))
    yield store.history
    store.close()


def begin(history: History) -> PastRun:
    run = PastRun(0, Process.current(), "ada", "doit", "", 0, 1.0)
    found = history.run(history.begin(run))
    assert found is not None
    return found


def attempt(
    history: History,
    run: PastRun,
    stage: str,
    state: AttemptState = BUILT,
    code: str = "1",
    **details: Any,
) -> None:
    target = details.pop("target", f"{stage}.txt")
    told = Details(targets=(target,), outputs={target: code} if state is BUILT else {}, **details)
    made = PastAttempt(0, run.id, stage, state, 1.0, 0.5, told)
    history.attempted(made, Meaning({stage: code}, {}, {stage: f"text {code}"}))


def found(history: History, first: PastRun, second: PastRun) -> dict[str, StageChange]:
    return {change.stage: change for change in compare(history, first, second)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, ()),
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, (Change("a", 1, 2),)),
        ({"a": 1}, {}, (Change("a", 1, None),)),
        ({}, {"b": 1, "a": 2}, (Change("b", None, 1), Change("a", None, 2))),
        ({"c": 1, "a": 1}, {"a": 2}, (Change("a", 1, 2), Change("c", 1, None))),
    ],
)
def test_changes_between_two_mappings(before: Any, after: Any, expected: Any) -> None:
    assert changes(before, after) == expected


def test_what_both_attempted_is_compared(history: History) -> None:
    runs = begin(history), begin(history)
    attempt(history, runs[0], "a", inputs={"x": "1"}, arguments={"n": "1"}, parameters="n=1")
    attempt(history, runs[1], "a", code="2", inputs={"y": "1"}, arguments={"n": "2"})
    change = found(history, *runs)["a"]
    assert change.code == (Change("a", "1", "2"),)
    assert change.arguments == (Change("n", "1", "2"),)
    assert change.inputs == (Change("y", None, "1"), Change("x", "1", None))
    assert change.outputs == (Change("a.txt", "1", "2"),)
    assert change.parameters == ("n=1", "")
    assert change.outcome is None


def test_what_is_the_same_is_left_out(history: History) -> None:
    runs = begin(history), begin(history)
    for run in runs:
        attempt(history, run, "a", inputs={"x": "1"})
    assert found(history, *runs) == {}


def test_of_several_attempts_in_a_run_the_last_one_counts(history: History) -> None:
    runs = begin(history), begin(history)
    attempt(history, runs[0], "a")
    attempt(history, runs[1], "a", FAILED, code="2")
    attempt(history, runs[1], "a")
    assert found(history, *runs) == {}


def test_what_a_run_did_not_attempt_is_as_the_last_good_attempt_left_it(history: History) -> None:
    first, between, last = begin(history), begin(history), begin(history)
    attempt(history, first, "a")
    attempt(history, between, "a", code="2")
    attempt(history, between, "a", FAILED, code="3")
    attempt(history, last, "b")
    change = found(history, first, last)["a"]
    assert change.code == (Change("a", "1", "2"),)
    assert change.after is not None
    assert change.after.run == between.id
    assert set(found(history, between, last)) == {"a", "b"}  # it failed there


def test_what_neither_attempted_is_compared_too(history: History) -> None:
    runs = [begin(history) for _ in range(4)]
    for run, code in zip(runs, ("1", "", "2", ""), strict=True):
        attempt(history, run, "a" if code else f"other {run.id}", code=code or "1")
    assert found(history, runs[1], runs[3])["a"].code == (Change("a", "1", "2"),)
    assert "a" not in found(history, runs[0], runs[1])


def test_other_targets_are_another_thing(history: History) -> None:
    runs = [begin(history) for _ in range(3)]
    attempt(history, runs[0], "a", target="1.txt")
    attempt(history, runs[1], "a", target="2.txt")
    attempt(history, runs[2], "b")
    assert set(found(history, runs[0], runs[2])) == {"b"}
    assert found(history, runs[0], runs[1])["a"].outputs == (
        Change("2.txt", None, "1"),
        Change("1.txt", "1", None),
    )


def test_a_stage_that_there_was_not_yet(history: History) -> None:
    runs = begin(history), begin(history)
    attempt(history, runs[0], "a")
    attempt(history, runs[1], "b")
    change = found(history, *runs)["b"]
    assert change.before is None
    assert change.after is not None
    assert change.differs


def test_of_a_failure_the_outcome_counts_and_no_output(history: History) -> None:
    runs = begin(history), begin(history)
    attempt(history, runs[0], "a")
    attempt(history, runs[1], "a", FAILED)
    change = found(history, *runs)["a"]
    assert change.outcome == (BUILT, FAILED)
    assert change.code == change.outputs == ()


def test_of_an_attempt_that_was_killed_nothing_is_compared(history: History) -> None:
    run = begin(history)
    attempt(history, run, "a", inputs={"x": "1"})
    (built,) = history.attempts(run.id)
    killed = PastAttempt(9, run.id, "a", AttemptState.INTERRUPTED, 1.0, 0.0, Details())
    change = difference(history, "a", built, killed)
    assert change is not None
    assert change == StageChange("a", built, killed)
    assert difference(history, "a", built, built) is None
    assert difference(history, "a", None, None) is None


def test_runs_that_went_on_at_once_are_told_apart_by_what_had_ended(history: History) -> None:
    slow, quick = begin(history), begin(history)
    attempt(history, slow, "a")
    attempt(history, quick, "b")
    attempt(history, slow, "a", code="2")
    assert found(history, quick, slow)["a"].code == (Change("a", "1", "2"),)
    assert found(history, slow, quick)["a"].code == (Change("a", "2", "1"),)
