"""How stages stand now: a snapshot, and what has happened since."""

from __future__ import annotations

from datamake.model import AttemptState, Reason, State, Why
from datamake.picture.model import Judged, Part
from datamake.process import Process
from datamake.serve import live as live_module
from datamake.serve.live import Live
from datamake.store_rows import Underway
from tests.unit.pictures import group
from tests.unit.serving import FRESH, snapshot

BUILT, FAILED = AttemptState.BUILT, AttemptState.FAILED


def underway(*names: str) -> dict[str, Underway]:
    return {name: Underway(name, (), Process.current()) for name in names}


def looked(parts: dict[str, Part], **judged: Judged) -> Live:
    live = Live()
    live.look(snapshot(parts, **judged), ())
    return live


def test_a_stage_runs_while_somebody_builds_it_and_then_stands_as_that_ended() -> None:
    live = looked({"a": Part("a"), "b": Part("b")})
    assert live.states() == {"a": "stale", "b": "stale"}
    live.happened([], underway("a"))
    assert live.state("a") == "running"
    live.happened([("a", BUILT)], underway("b"))
    assert live.states() == {"a": "up to date", "b": "running"}
    live.happened([("b", FAILED)], {})
    assert live.states() == {"a": "up to date", "b": "failed"}
    assert live.counts() == {"up to date": 1, "failed": 1}


def test_an_attempt_that_leaves_no_trace_leaves_the_stage_as_it_was() -> None:
    live = looked({"a": Part("a")}, a=FRESH)
    live.happened([], underway("a"))
    live.happened([], {})
    assert live.state("a") == "up to date"


def test_one_that_was_interrupted_is_stale() -> None:
    live = looked({"a": Part("a")}, a=FRESH)
    live.happened([("a", AttemptState.INTERRUPTED)], {})
    assert live.state("a") == "stale"


def test_a_failure_is_told_from_other_reasons_in_a_snapshot_too() -> None:
    failed = Judged(State.STALE, (Reason(Why.INPUT_CHANGED, "x"), Reason(Why.ATTEMPT_FAILED)))
    assert looked({"a": Part("a")}, a=failed).state("a") == "failed"


def test_a_new_snapshot_counts_and_what_it_does_not_know_of_is_laid_over_it() -> None:
    live = looked({"a": Part("a"), "b": Part("b")})
    live.happened([("a", BUILT)], underway("b"))
    live.look(snapshot({"a": Part("a"), "b": Part("b"), "c": Part("c")}), [("c", BUILT)])
    assert live.states() == {"a": "stale", "b": "running", "c": "up to date"}


def test_a_stage_that_nobody_knows_is_no_stage_until_it_is_in_a_snapshot() -> None:
    live = looked({"a": Part("a")})
    live.happened([("new", BUILT)], underway("other"))
    assert live.states() == {"a": "stale"}
    assert live.running().keys() == {"other"}


def test_the_version_is_that_of_the_graph_and_not_of_its_states() -> None:
    live = looked({"a": Part("a", makes=("x",))})
    first = live.version
    live.look(snapshot({"a": Part("a", makes=("x",))}, a=FRESH), ())
    assert live.version == first
    live.look(snapshot({"a": Part("a", makes=("y",))}), ())
    assert live.version == first + 1


def test_who_asks_is_told_what_changed_since_and_how_groups_stand() -> None:
    live = looked(group("part", 3))
    then = live.moment
    live.happened([("part:0", BUILT)], underway("part:1"))
    change = live.since(then)
    assert change.stages == {"part:0": "up to date", "part:1": "running"}
    assert change.groups == {"part": {"up to date": 1, "running": 1, "stale": 1}}
    assert live.since(change.last).stages == {}


def test_many_changes_of_one_stage_are_told_as_one() -> None:
    live = looked({"a": Part("a")})
    then = live.moment
    for _ in range(100):
        live.happened([], underway("a"))
        live.happened([("a", BUILT)], {})
    assert live.since(then).stages == {"a": "up to date"}


def test_who_was_away_for_too_long_is_told_so() -> None:
    live = looked({"a": Part("a"), "b": Part("b")})
    then = live.moment
    for _ in range(live_module.MOST_CHANGES):
        live.happened([], underway("a"))
        live.happened([], {})
    assert live.since(then).missed
    assert not live.since(live.moment - 5).missed


def test_a_moment_of_another_server_is_no_moment_of_this_one() -> None:
    live = looked({"a": Part("a")})
    assert live.since(0).missed
    assert live.since(live.moment + 1).missed


def test_groups_are_counted_anew_when_stages_come_and_go() -> None:
    live = looked(group("part", 3))
    live.look(snapshot(group("part", 2)), ())
    assert live.counts() == {"stale": 2}
    then = live.moment
    live.happened([("part:1", BUILT)], {})
    assert live.since(then).groups == {"part": {"stale": 1, "up to date": 1}}
