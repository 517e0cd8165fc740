"""What the store remembers of past runs and attempts, in a real file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake.history import History
from datamake.model import AttemptState, Meaning
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.store import Store
from datamake.store_rows import Underway

MEANING = Meaning({"f": "d1", "g": "d2"}, {"n": "10"}, {"f": "def f(): ...", "g": "G = 1"})
NO_UTF8 = os.fsdecode(b"caf\xe9.txt")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = Store.open(str(tmp_path / "store.sqlite"))
    yield store.history
    store.close()


def run(**changes: object) -> PastRun:
    made = PastRun(
        id=0,
        process=Process.current(),
        person="ada",
        command="doit squares n=20",
        commit="c0ffee",
        workers=2,
        started=1_700_000_000.5,
    )
    return replace(made, **changes)


def attempt(run_id: int, stage: str = "squares", **changes: object) -> PastAttempt:
    details = Details(
        reasons=("input changed: a.txt",),
        parameters="n=20",
        arguments={"n": "20"},
        inputs={"a.txt": "i1"},
        outputs={"b.txt": "o1"},
        sizes={"b.txt": 7},
        where=(("tasks/squares.py:3, in f", "return 1 / 0"),),
        worker=12,
    )
    made = PastAttempt(0, run_id, stage, AttemptState.BUILT, 1_700_000_001.0, 0.25, details)
    return replace(made, **changes)


def test_a_run_is_remembered_with_who_typed_what_and_how_it_ended(history: History) -> None:
    number = history.begin(run())
    assert history.run(number) == run(id=number)
    history.end(number, RunState.FAILED, {"built": 2, "failed": 1})
    ended = history.run(number)
    assert ended is not None
    assert ended.ended is not None
    assert ended == run(
        id=number,
        ended=ended.ended,
        state=RunState.FAILED,
        counts={"built": 2, "failed": 1},
    )


def test_a_run_without_an_end_whose_process_is_gone_was_killed(history: History) -> None:
    gone = replace(Process.current(), started="1")
    number = history.begin(run(process=gone))
    found = history.run(number)
    assert found is not None
    assert found.state is RunState.KILLED


def test_the_last_runs_come_first(history: History) -> None:
    numbers = [history.begin(run(command=f"doit n={n}")) for n in range(5)]
    assert [found.id for found in history.runs()] == numbers[::-1]
    assert [found.command for found in history.runs(most=2)] == ["doit n=4", "doit n=3"]
    assert history.run(99) is None


def test_an_attempt_is_remembered_with_what_it_was_made_of(history: History) -> None:
    first, second = history.begin(run()), history.begin(run())
    history.attempted(attempt(first), MEANING)
    history.attempted(attempt(second, "numbers"), MEANING)
    history.attempted(attempt(second), MEANING)
    (found,) = history.attempts(first)
    assert found == attempt(first, id=1, details=found.details)
    assert replace(found.details, code="") == attempt(first).details
    assert history.code(found.details) == MEANING.code
    assert [history.source(digest) for digest in MEANING.code.values()] == ["def f(): ...", "G = 1"]
    assert [a.id for a in history.attempts_at("squares")] == [3, 1]
    assert [a.id for a in history.attempts_at("squares", most=1)] == [3]
    assert history.last_attempt() == 3


def test_what_has_no_end_has_its_attempts_counted(history: History) -> None:
    number = history.begin(run())
    for state in (AttemptState.BUILT, AttemptState.FAILED, AttemptState.BUILT):
        history.attempted(attempt(number, state=state), MEANING)
    found = history.run(number)
    assert found is not None
    assert found.counts == {"built": 2, "failed": 1}
    assert [r.counts for r in history.runs()] == [found.counts]
    history.end(number, RunState.DONE, {"built": 7})
    assert [r.counts for r in history.runs()] == [{"built": 7}]


def test_an_attempt_whose_process_died_belongs_to_the_run_of_that_process(
    history: History,
) -> None:
    dead = replace(Process.current(), started="1")
    ended = history.begin(run(process=dead))
    history.end(ended, RunState.DONE, {})
    killed = history.begin(run(process=dead))
    history.begin(run())
    history.interrupted(Underway("squares", ("b.txt",), dead, since=1_700_000_002.0))
    history.interrupted(Underway("squares", (), replace(dead, pid=1)))  # of no run
    (found,) = history.attempts_at("squares")
    assert (found.run, found.state) == (killed, AttemptState.INTERRUPTED)
    assert (found.started, found.seconds) == (1_700_000_002.0, 0.0)
    assert found.details.targets == ("b.txt",)
    assert found.details.failure
    assert history.code(found.details) == {}


def test_what_stood_when_a_run_was_over(history: History) -> None:
    first, second, third = (history.begin(run()) for _ in range(3))
    for number, stage in ((first, "a"), (second, "a"), (first, "b"), (second, "b")):
        history.attempted(attempt(number, stage), MEANING)
    history.attempted(attempt(second, "a", state=AttemptState.FAILED), MEANING)
    assert [history.behind(n) for n in (first, second, third)] == [3, 5, 5]
    assert [a.id for a in history.good_until(5, "a")] == [2, 1]
    assert [a.id for a in history.good_until(1, "a")] == [1]
    assert history.stages() == ["a", "b"]
    assert history.stages_between(1, 2) == ["a"]
    assert (history.before(second), history.before(first)) == (first, None)


def test_a_group_has_the_attempts_at_its_tasks(history: History) -> None:
    number, odd = history.begin(run()), NO_UTF8
    names = ["make", "make:a", "make:b:c", f"make:{odd}", "maker", "make;", "mak", odd, f"{odd}:1"]
    for name in names:
        history.attempted(attempt(number, name), MEANING)

    def below(name: str, most: int | None = None) -> list[str]:
        return [found.stage for found in history.attempts_below(name, most)]

    assert below("make") == [f"make:{odd}", "make:b:c", "make:a", "make"]
    assert below("make", 2) == [f"make:{odd}", "make:b:c"]
    assert below("make:b") == ["make:b:c"]
    assert below(odd) == [f"{odd}:1", odd]
    assert below("ma") == []


def test_where_nothing_is_remembered_there_is_nothing(history: History) -> None:
    assert list(history.runs()) == []
    assert list(history.attempts(1)) == []
    assert history.last_attempt() == 0
    assert history.stages() == []
    assert history.behind(1) == 0
    assert history.before(1) is None
    assert history.source("d1") is None
    assert history.code(Details()) == {}


def test_any_name_is_remembered(history: History) -> None:
    number = history.begin(run(person=NO_UTF8, command=f"doit {NO_UTF8}"))
    found = history.run(number)
    assert found is not None
    assert (found.person, found.command) == (NO_UTF8, f"doit {NO_UTF8}")
    details = Details(inputs={NO_UTF8: "i"}, outputs={NO_UTF8: None})
    meaning = Meaning({NO_UTF8: "d"}, {}, {NO_UTF8: NO_UTF8})
    history.attempted(attempt(number, NO_UTF8, details=details), meaning)
    (back,) = history.attempts_at(NO_UTF8)
    assert back.details.inputs == {NO_UTF8: "i"}
    assert history.code(back.details) == {NO_UTF8: "d"}
    assert history.source("d") == NO_UTF8
