"""Sizes, times and reasons in words."""

from __future__ import annotations

import pytest

from datamake.model import Reason, Why
from datamake.show import words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (12_345_678, "12 MB"),
        (5_000_000_000, "5.0 GB"),
        (2_500_000_000_000_000, "2.5 PB"),
        (7 * 10**18, "7000 PB"),
    ],
)
def test_a_size(count: int, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.00 s"),
        (0.021, "0.02 s"),
        (0.996, "1.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200.0, "3 min 20 s"),
        (3599.9, "1 h 00 min"),
        (7500.0, "2 h 05 min"),
        (360_000.0, "100 h 00 min"),
    ],
)
def test_a_time_span(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_a_number_with_its_noun() -> None:
    assert words.count(1, "stage") == "1 stage"
    assert words.count(0, "stage") == "0 stages"
    assert words.count(2, "entry", "entries") == "2 entries"


def changed(*paths: str) -> list[Reason]:
    return [Reason(Why.INPUT_CHANGED, path) for path in paths]


ARGUMENT = Reason(Why.ARGUMENT_CHANGED, "n", "10", "20")


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        ([], ""),
        ([Reason(Why.FORCED)], "forced"),
        (changed("a"), "input changed: a"),
        (changed("a", "b", "c"), "input changed: a, b, c"),
        (changed("a", "b", "c", "d", "e"), "input changed: a, b, c and 2 more"),
        ([ARGUMENT], "argument changed: n 10 → 20"),
        (
            [*changed("a"), Reason(Why.ATTEMPT_FAILED), ARGUMENT, *changed("b")],
            "input changed: a, b; last attempt failed; argument changed: n 10 → 20",
        ),
        (
            [Reason(Why.CHECKER_CHANGED, "", "content", "timestamp")],
            "checker changed: content → timestamp",
        ),
        (changed("input changed: a"), "input changed: input changed: a"),
    ],
)
def test_reasons_in_one_line(reasons: list[Reason], text: str) -> None:
    assert words.reasons(reasons) == text


def test_whom_a_stage_waits_for() -> None:
    assert words.waits_for(["a"]) == "waits for a"
    assert words.waits_for(["a", "b", "c", "d"]) == "waits for a, b, c and 1 more"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("12", 12),
        ("12 B", 12),
        ("1.5 kB", 1500),
        ("2GB", 2_000_000_000),
        ("3 mb", 3 * 10**6),
    ],
)
def test_a_size_is_read_as_it_is_typed(text: str, count: int) -> None:
    assert words.read_size(text) == count


@pytest.mark.parametrize("text", ["", "kB", "1 X", "1e999 GB", "nan", "one"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        words.read_size(text)


def test_what_a_terminal_would_act_on_is_escaped() -> None:
    assert words.escaped("日本 é\x1b[2J\n\u202e\udcff") == r"日本 é\x1b[2J\n\u202e\udcff"
    assert words.escaped("two\n\tlines\r", "\n\t") == "two\n\tlines\\r"


def test_of_a_line_that_was_written_over_the_last_is_seen() -> None:
    assert words.seen("10%\r20%\r30%") == "30%"
    assert words.seen("10%\r20%\r") == "20%"
    assert words.last_written("10%\r20%\r") == "20%\r"
    assert words.seen("plain") == "plain"


def test_between_which_times_something_takes() -> None:
    assert words.span(5.0, 5.0) == "5.0 s"
    assert words.span(5.0, 80.0) == "5.0 s to 1 min 20 s"
    assert words.span(0.0, 80.0) == "up to 1 min 20 s"
