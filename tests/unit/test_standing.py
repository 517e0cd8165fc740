"""How a run stands, by what was heard of it."""

from __future__ import annotations

from typing import Any

from datamake.forecast import Expected
from datamake.outcome import Output
from datamake.show import events
from datamake.show.standing import Standing


class Run:
    """A run of which somebody hears, and a clock that is set by hand."""

    def __init__(self, at_once: int = 1, **known: float) -> None:
        self.now = 100.0
        self.standing = Standing(lambda: self.now)
        expected = Expected(frozenset(known), known, known, {}, at_once)
        self.standing.expect(expected)
        self.standing.hear(events.RunBegun(stages=len(known), fresh=0))

    def begin(self, stage: str, usual: float | None = None) -> None:
        begun = events.Begun(stage=stage, reasons=(), usual=usual, has_terminal=False)
        self.standing.hear(begun)

    def built(self, stage: str, seconds: float = 1.0) -> None:
        said: dict[str, Any] = {"title": stage, "reasons": (), "notes": ()}
        outputs = (Output("out", 1),)
        self.standing.hear(events.Built(stage=stage, seconds=seconds, outputs=outputs, **said))


def test_what_is_running_and_what_is_done() -> None:
    run = Run(a=4.0, b=2.0)
    run.begin("a", 4.0)
    run.now += 3
    standing = run.standing
    assert (list(standing.running), standing.done, standing.total) == (["a"], 0, 2)
    assert standing.left() == 3.0
    run.built("a", 3.0)
    standing.hear(events.Fresh(stage="b"))
    assert (list(standing.running), standing.done, standing.left()) == ([], 2, 0.0)


def test_how_far_a_stage_is_goes_before_how_long_it_took() -> None:
    run = Run(a=4.0)
    run.begin("a", 4.0)
    run.now += 10
    run.standing.hear(events.Progress(stage="a", done=25.0, total=100.0, unit="rows"))
    assert run.standing.running["a"].left(run.now) == 30.0
    assert run.standing.left() == 30.0
    run.standing.hear(events.Progress(stage="a", done=30.0, total=None, unit="rows"))
    assert run.standing.left() == 0.0


def test_the_time_of_waiting_is_told_apart_from_that_of_building() -> None:
    run = Run(a=4.0)
    run.begin("a", 4.0)
    run.now += 1
    waiting = events.Waiting(stage="a", pid=12, host="far", since=0.0, line="a: pid 12")
    run.standing.hear(waiting)
    assert run.standing.running["a"].waits_for == "pid 12 on host far"
    run.now += 5
    run.standing.hear(events.Waited(stage="a"))
    assert run.standing.running["a"].waits_for == ""
    assert run.standing.running["a"].since == run.now


def test_stages_that_come_up_late_are_added_and_none_counts_twice() -> None:
    run = Run(a=1.0)
    for stage in ("a", "late", "late"):
        run.standing.hear(events.LookedAt(stage=stage))
    assert run.standing.total == 2
    run.standing.hear(events.Fresh(stage="a"))
    run.standing.hear(events.Fresh(stage="a"))
    run.begin("group")
    run.built("group")
    assert run.standing.done == 1


def test_failed_stages_are_done_too() -> None:
    run = Run(a=1.0, b=1.0)
    run.begin("a")
    said: dict[str, Any] = {"title": "a", "notes": (), "stdout": "", "stderr": "", "on_screen": ()}
    failed = events.Failed(
        log="", stage="a", seconds=1.0, what="no", where=(), partial=(), traceback="", **said
    )
    run.standing.hear(failed)
    run.standing.hear(events.NotRun(stage="b", title="b", needs=("a",)))
    assert (run.standing.failed, run.standing.done) == (1, 2)


def test_what_is_said_of_a_stage_that_has_ended_is_passed_over() -> None:
    run = Run(a=1.0)
    run.standing.hear(events.Progress(stage="a", done=1.0, total=2.0, unit=""))
    run.standing.hear(events.Waited(stage="a"))
    assert run.standing.running == {}
