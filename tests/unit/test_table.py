"""Tables as text."""

from __future__ import annotations

import pytest

from datamake.show.table import Column, table

COLUMNS = (Column("n", right=True), Column("name", least=5), Column("more", least=4))


def test_numbers_stand_at_the_right_and_nothing_is_cut_without_a_width() -> None:
    rows = [["1", "a", "x" * 90], ["20", "bcdefg", ""]]
    assert list(table(COLUMNS, rows)) == [
        " n  name    more",
        " 1  a       " + "x" * 90,
        "20  bcdefg",
    ]


def test_a_column_without_anything_is_left_out() -> None:
    assert list(table(COLUMNS, [["1", "", "x"]])) == ["n  more", "1  x"]


@pytest.mark.parametrize("width", [25, 40, 60])
def test_the_widest_columns_are_cut_in_the_middle(width: int) -> None:
    rows = [["1", "begin" + "-" * 50 + "end", "short"], ["100", "b", "begin" + "-" * 30 + "end"]]
    lines = list(table(COLUMNS, rows, width))
    assert max(map(len, lines)) == width
    assert "…" in lines[1]
    assert lines[1].split()[1].startswith("beg")
    assert lines[1].split()[1].endswith("nd")


def test_no_column_is_narrower_than_it_may_be() -> None:
    lines = list(table(COLUMNS, [["12345678", "abcdefgh", "abcdefgh"]], 5))
    assert lines[1] == "12345678  ab…gh  ab…h"


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (None, ["n", "name", "more"]),
        (30, ["n", "name", "more"]),
        (14, ["n", "name", "more"]),
        (13, ["n", "name"]),
        (3, ["name"]),
    ],
)
def test_columns_give_way_one_by_one_where_lines_would_not_fit(
    width: int | None, heading: list[str]
) -> None:
    rows = [["1", "abcdefgh", "abcdefgh"]]
    assert next(table(COLUMNS, rows, width, ("more", "n"))).split() == heading


def test_what_can_not_be_shown_is_escaped() -> None:
    lines = list(table(COLUMNS, [["1", "a\x1b[31m\nb\udce9", "x"]]))
    assert lines[1] == "1  a\\x1b[31m\\nb\\udce9  x"
