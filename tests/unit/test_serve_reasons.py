"""Long lists of reasons, and of attempts for the same ones, as the page folds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamake.model import AttemptState, Reason, State, Why
from datamake.picture.model import Judged, Part
from datamake.serve.attempt_rows import FEW, MOST_SHOWN, rows
from datamake.serve.reasons import MOST_OF_A_KIND, kinds, told
from tests.unit.serving import Past, app_of, ask, site, snapshot

CHANGED = tuple(f"input changed: data/{n}" for n in range(1_000))


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    found = Past(tmp_path)
    yield found
    found.close()


def test_of_many_reasons_the_first_of_each_kind_are_told_and_how_many_there_are() -> None:
    found = told([*CHANGED, "last attempt failed", "argument changed: n 1 → 2"])
    assert found["reasons"][:2] == list(CHANGED[:2])
    assert found["reasons"][MOST_OF_A_KIND:] == ["last attempt failed", "argument changed: n 1 → 2"]
    assert found["reason_counts"] == {
        "input changed": 1_000,
        "last attempt failed": 1,
        "argument changed": 1,
    }
    many, failed, argument = kinds(found)
    assert (many.name, many.count, len(many.subjects)) == ("input changed", 1_000, MOST_OF_A_KIND)
    assert (failed.subjects, failed.count) == ([], 1)
    assert argument.subjects == ["n 1 → 2"]


def test_what_a_snapshot_left_out_is_counted_all_the_same(past: Past, tmp_path: Path) -> None:
    served = site(tmp_path, Part("a"))
    first = tuple(Reason(Why.INPUT_CHANGED, f"data/{n}") for n in range(50))
    taken = snapshot({"a": Part("a")}, a=Judged(State.STALE, first))
    counts = {"a": {"input changed": 700}}
    served.live.look(type(taken)(taken.parts, taken.judged, reason_counts=counts), ())
    app = app_of(served)
    assert ask(app, "/api/stage/a").json()["reason_counts"] == {"input changed": 700}
    listed = ask(app, "/api/stages").json()["stages"][0]["why"]
    assert listed == "input changed: data/0, data/1, data/2 and 697 more"
    page = ask(app, "/stage/a").text
    assert "input changed: data/0, data/1 and 698 more</summary>" in page
    assert "and 650 more</li>" in page
    served.live.happened([("a", AttemptState.BUILT)], {})
    assert ask(app, "/api/stage/a").json()["reason_counts"] == {}


def test_reasons_of_an_attempt_stand_in_a_list_that_opens(past: Past, tmp_path: Path) -> None:
    run = past.run()
    past.attempt(run, "a", reasons=("never built", *CHANGED))
    app = app_of(site(tmp_path, Part("a")))
    for path in ("/stage/a", f"/run/{run}"):
        page = ask(app, path).text
        assert page.count('<details class="many"') == 1
        assert "never built; <details" in page
        assert len(re.findall("<li>data/[0-9]+</li>", page)) == MOST_OF_A_KIND
        assert "and 950 more</li>" in page


def test_sub_tasks_that_ended_alike_for_the_same_reason_are_one_row(
    past: Past, tmp_path: Path
) -> None:
    run = past.run()
    for number in range(1_000):
        past.attempt(run, f"part:{number}", reasons=(f"input changed: {number}",))
    past.attempt(run, "part:x", AttemptState.FAILED, reasons=("input changed: x",))
    past.attempt(run, "sum", reasons=("never built",))
    app = app_of(site(tmp_path))
    failed, parts, last = rows(ask(app, f"/api/run/{run}").json()["attempts"])
    assert [one["stage"] for one in failed.attempts] == ["part:x"]
    assert (parts.task, parts.state, parts.kinds) == ("part", "built", ("input changed",))
    assert (len(parts.attempts), len(parts.shown)) == (1_000, MOST_SHOWN)
    assert parts.seconds == pytest.approx(500.0)
    assert [one["stage"] for one in last.attempts] == ["sum"]
    page = ask(app, f"/run/{run}").text
    assert page.count('<details class="alike"') == 1
    assert "1,000 sub-tasks, input changed, 8 min 20 s in all" in page
    assert "and 800 more" in page


@pytest.mark.parametrize(("count", "lines"), [(FEW, FEW), (FEW + 1, 1)])
def test_a_few_sub_tasks_have_a_row_each(count: int, lines: int) -> None:
    attempts = [
        {"id": n, "stage": f"part:{n}", "state": "built", "reason_counts": {}, "seconds": 1.0}
        for n in range(count)
    ]
    assert len(list(rows(attempts))) == lines


def test_sub_tasks_that_differ_are_not_in_one_row() -> None:
    attempts = [
        {
            "id": n,
            "stage": f"{task}:{n}",
            "state": state,
            "reason_counts": {reason: 1},
            "seconds": 0.0,
        }
        for n in range(20)
        for task in ("a", "b")
        for state in ("built", "failed")
        for reason in ("forced", "never built")
    ]
    found = list(rows(attempts))
    assert len(found) == 8
    assert all(len(row.attempts) == 20 for row in found)
