"""What is built under a lease, and what is not because somebody else was faster."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from doit.task import Stream, Task

from datamake.audit import Audit
from datamake.building import Builder
from datamake.lease import Lease, Pause, WaitedTooLongError
from datamake.model import Known, Meaning, Reason, Seen, Stage, State, Verdict, Why
from datamake.outcome import Outcome
from datamake.policy import Policies
from datamake.spare import Spare
from datamake.store import Store

STAGE = Stage("make", ("raw.txt",), ("a.txt",))


class FakeDependency:
    """What was seen of one stage, and how it is judged when it is judged again."""

    def __init__(self, again: Verdict) -> None:
        self._again = again
        self.tasks: dict[str, Task] = {}
        self.seen = {"make": Seen(Meaning(), "md5", {}, {}, version=3)}
        self.released: list[Stage] = []
        self.store = SimpleNamespace(leases=self)
        self.spare = Spare(cast("Store", None), kept=False)
        self.judge = SimpleNamespace(
            known_at=lambda stage, version: Known(),
            checker=None,
            root="",
            others_in=lambda stage, target: (),
        )

    def parameters(self, stage: str) -> str:
        return ""

    def verdict(self, task: Task, tasks: dict[str, Task]) -> Verdict:
        return self._again

    def begin(self, stage: Stage, mine: Any, version: int) -> bool:
        return False

    def release(self, stage: Stage, token: str) -> None:
        self.released.append(stage)

    def get_values(self, name: str) -> dict[str, Any]:
        return {"count": 3}


def build(dependency: Any, waiting: Any) -> tuple[Any, Task, Outcome]:
    task = Task("make", [lambda: pytest.fail("nothing is to be built")], targets=["a.txt"])
    outcome = Outcome(Verdict(STAGE, State.STALE), notes=[])
    audit = Audit("/", dict)
    builder = Builder(dependency, waiting, Policies({}), audit, lambda path: False)
    steps = builder.build(task, outcome, Stream(0))
    with pytest.raises(StopIteration) as end:
        next(steps)
    return end.value.value, task, outcome


def at_once(stage: Stage, mine: Any) -> Generator[Pause, None, Lease]:
    yield from ()
    return Lease(version=5)


def test_what_somebody_else_built_meanwhile_is_taken_as_it_is() -> None:
    dependency = FakeDependency(Verdict(STAGE, State.FRESH))
    waiting = SimpleNamespace(acquire=at_once)
    failure, task, outcome = build(dependency, waiting)
    assert failure is None
    assert outcome.verdict.state is State.FRESH
    assert task.values == {"count": 3}
    assert dependency.released == [STAGE]


def test_a_stage_whose_input_is_gone_when_its_turn_comes_fails() -> None:
    missing = Reason(Why.INPUT_MISSING, "raw.txt")
    dependency = FakeDependency(Verdict(STAGE, State.ERROR, (missing,)))
    waiting = SimpleNamespace(acquire=at_once)
    failure, _, _ = build(dependency, waiting)
    assert "raw.txt was removed" in failure.message
    assert dependency.released == [STAGE]


def test_who_waits_too_long_fails_with_who_was_waited_for() -> None:
    def acquire(stage: Stage, mine: Any) -> Generator[Pause, None, Lease]:
        yield from ()
        raise WaitedTooLongError("gave up waiting for make: pid 12 on host far")

    dependency = FakeDependency(Verdict(STAGE, State.STALE))
    failure, _, outcome = build(dependency, SimpleNamespace(acquire=acquire))
    assert "pid 12 on host far" in failure.message
    assert outcome.failure is not None
    assert dependency.released == []
