"""How long the rest of a run takes, by how long its stages took before."""

from __future__ import annotations

import pytest
from doit.task import Task

from datamake.forecast import Expected, Outlook, Underway, expected_of


def left(**seconds: float) -> dict[str, Underway]:
    """Return stages that began a second ago, with what they still need."""
    return {name: Underway(1.0, still) for name, still in seconds.items()}


def chain(at_once: int = 1, **known: float) -> Expected:
    """Return what to expect of `a`, then `b`, and of `c` that needs neither."""
    tasks = {
        "a": Task("a", ["true"]),
        "b": Task("b", ["true"], task_dep=["a"]),
        "c": Task("c", ["true"]),
        "all": Task("all", None, task_dep=["b", "c"]),
        "other": Task("other", ["true"]),
    }
    return expected_of(tasks, ["all"], known, at_once)


def test_what_is_selected_and_upstream_counts_and_groups_take_no_time() -> None:
    expected = chain(a=4.0, b=2.0, other=9.0)
    assert expected.stages == {"a", "b", "c"}
    assert expected.known == {"a": 4.0, "b": 2.0}
    assert expected.seconds == {"a": 4.0, "b": 2.0, "c": 3.0, "all": 0.0}


def test_one_after_the_other_the_times_add_up() -> None:
    outlook = Outlook(chain(a=4.0, b=2.0, c=1.0))
    assert outlook.seconds({}) == 7.0
    assert outlook.seconds(left(a=1.5)) == 4.5
    outlook.ended("a", 4.0)
    assert outlook.seconds(left(b=2.0)) == 3.0
    outlook.ended("b", 2.0)
    outlook.ended("c", 1.0)
    assert outlook.seconds({}) == 0.0


def test_of_several_at_once_the_longest_way_counts_where_it_is_longer() -> None:
    outlook = Outlook(chain(at_once=2, a=4.0, b=2.0, c=1.0))
    assert outlook.seconds(left(a=4.0, c=1.0)) == 6.0
    assert outlook.seconds(left(a=0.5, c=0.0)) == 2.5
    outlook.ended("c")
    outlook.ended("a", 5.0)
    assert outlook.seconds(left(b=0.25)) == 0.25
    assert Outlook(chain(at_once=2, a=1.0, b=1.0, c=8.0)).seconds(left(a=1.0, c=8.0)) == 8.0
    assert Outlook(chain(at_once=1, a=1.0, b=1.0, c=8.0)).seconds({}) == 10.0


def test_one_that_takes_longer_than_usual_is_nearly_done() -> None:
    assert Outlook(chain(at_once=2, a=4.0, b=2.0, c=1.0)).seconds(left(a=0.0, c=0.0)) == 2.0


def test_a_first_run_learns_from_what_it_has_built() -> None:
    outlook = Outlook(chain())
    assert outlook.seconds({}) is None
    outlook.ended("a", 3.0)
    assert outlook.seconds({}) == pytest.approx(6.0)


def test_a_first_run_learns_from_what_is_running_too() -> None:
    outlook = Outlook(chain(at_once=2))
    assert outlook.seconds({"a": Underway(2.0, 0.0), "c": Underway(2.0, 0.0)}) is None
    # `a` will have taken four seconds, `c` two at least: `b` is expected to take three.
    running = {"a": Underway(2.0, 2.0), "c": Underway(2.0, 0.0)}
    assert outlook.seconds(running) == pytest.approx(5.0)
    outlook.ended("c", 2.0)
    assert outlook.seconds({"a": Underway(3.0, 1.0)}) == pytest.approx(4.0)


def test_a_stage_that_was_never_built_is_expected_to_take_as_long_as_its_like() -> None:
    outlook = Outlook(chain(a=0.5))
    assert outlook.seconds(left(a=0.5)) == pytest.approx(1.5)
    outlook.ended("a", 0.5)
    assert outlook.seconds({"c": Underway(6.0, 4.0)}) == pytest.approx(14.0)
    outlook.ended("c", 8.0)
    assert outlook.seconds({}) == pytest.approx(8.0)


def test_what_is_not_expected_does_not_count() -> None:
    outlook = Outlook(chain(a=4.0, b=2.0, c=1.0))
    outlook.ended("came up late", 100.0)
    assert outlook.seconds({"came up late": Underway(1.0, 50.0)}) == 7.0
