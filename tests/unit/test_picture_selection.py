"""A selection is shown with what is up- and downstream of it, as far as one asks."""

from __future__ import annotations

import pytest

from datamake.picture.model import Part
from datamake.picture.selection import EVERYTHING, around
from tests.unit.pictures import chain, group


@pytest.mark.parametrize(
    ("up", "down", "shown"),
    [
        (0, 0, "c"),
        (1, 0, "bc"),
        (0, 1, "cd"),
        (2, 1, "abcd"),
        (EVERYTHING, 0, "abc"),
        (0, EVERYTHING, "cde"),
        (EVERYTHING, EVERYTHING, "abcde"),
    ],
)
def test_so_many_steps_up_and_down(up: int, down: int, shown: str) -> None:
    assert "".join(around(["c"], chain(*"abcde"), up=up, down=down)) == shown


def test_what_is_beside_the_selection_is_left_out() -> None:
    parts = {**chain("a", "b"), "c": Part("c", {"a.out": ("a",)})}
    assert list(around(["b"], parts, up=EVERYTHING, down=EVERYTHING)) == ["a", "b"]


def test_a_group_that_stands_for_its_members_is_no_step() -> None:
    parts = {**group("g", 2), "after": Part("after", needs=("g",))}
    assert set(around(["after"], parts, up=1, down=0)) == {"after", "g", "g:0", "g:1"}
    assert set(around(["g:0"], parts, up=0, down=1)) == {"g:0", "g", "after"}


def test_names_that_are_no_parts_are_passed_over() -> None:
    parts = {"a": Part("a", needs=("later",))}
    assert list(around(["a"], parts, up=EVERYTHING, down=EVERYTHING)) == ["a"]
