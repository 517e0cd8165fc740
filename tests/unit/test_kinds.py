"""Values of every kind: read from text and TOML, written, and read again."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from datamake.parameters.annotations import kind_of
from datamake.parameters.kinds import MisfitError, shown


class Colour(Enum):
    RED = "red"
    BLUE = "blue"
    CRIMSON = "red"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Pair(Enum):
    SMALL = (1, 2)


class Swapped(Enum):
    A = "B"
    B = "A"


Count = Annotated[int, Meta(ge=0)]
Airport = Literal["EWR", "JFK", "LGA"]

# Annotation, what is given, the value, the value's text.
READ = [
    (Count, "10", 10, "10"),
    (Count, 10**30, 10**30, str(10**30)),
    (bool, "yes", True, "true"),
    (bool, "off", False, "false"),
    (float, "1e-3", 0.001, "0.001"),
    (date, "2026-01-31", date(2026, 1, 31), "2026-01-31"),
    (timedelta, "1h30m", timedelta(minutes=90), "90m"),
    (Path, "a/b", Path("a/b"), "a/b"),
    (Airport, "JFK", "JFK", "JFK"),
    (Literal[1, 2], "2", 2, "2"),
    (Literal[1, 2], 2, 2, "2"),
    (Literal[1, True], True, True, "true"),
    (Literal["a\nb"], "a\nb", "a\nb", "a\nb"),
    (Literal["1", 1], "1", "1", "1"),
    (Literal[Colour.RED], "RED", Colour.RED, "red"),
    (Colour, "red", Colour.RED, "red"),
    (Colour, "BLUE", Colour.BLUE, "blue"),
    (Colour, Colour.BLUE, Colour.BLUE, "blue"),
    (Level, "LOW", Level.LOW, "LOW"),
    (Level, "2", Level.HIGH, "HIGH"),
    (Level, 2, Level.HIGH, "HIGH"),
    (Swapped, "B", Swapped.A, "B"),
    (int | None, "none", None, "none"),
    (int | None, " NULL ", None, "none"),
    (int | None, "", None, "none"),
    (int | None, None, None, "none"),
    (int | None, "5", 5, "5"),
    (Path | None, "none", None, "none"),
    (str | None, "none", "none", "none"),
    (str | None, "", None, ""),
    (Literal["none", "all"] | None, "none", "none", "none"),
    (Literal["none", "all"] | None, "null", None, "null"),
    (Literal["None", "all"] | None, "None", "None", "None"),
    (list[int] | None, "", [], ""),
    (list[int] | None, "none", None, "none"),
    (list[str] | str | None, "none", None, "none"),
    (list[str] | str | None, "null", ["null"], "null"),
    (date | Literal["latest"], "latest", "latest", "latest"),
    (date | Literal["latest"], "2026-01-31", date(2026, 1, 31), "2026-01-31"),
    (str | int, "5", 5, "5"),
    (str | int, "x", "x", "x"),
    (list[Count], " 1, 2 ,3", [1, 2, 3], "1,2,3"),
    (list[Count], " ", [], ""),
    (list[str], " a b , c", ["a b", "c"], "a b,c"),
    (list[Count], [1, "2"], [1, 2], "1,2"),
    (list[Count], 3, [3], "3"),
    (list[str], ["a", "b"], ["a", "b"], "a,b"),
    (list[Path], "a,b", [Path("a"), Path("b")], "a,b"),
    (list[Colour], "red,BLUE", [Colour.RED, Colour.BLUE], "red,blue"),
    (list[int | None], "1,none", [1, None], "1,none"),
    (tuple[int, ...], "1,2", (1, 2), "1,2"),
    (Sequence[str], "a,b", ("a", "b"), "a,b"),
    (set[str], "c,a,b,a", {"a", "b", "c"}, "a,b,c"),
    (set[int], "9,10", {9, 10}, "10,9"),
    (frozenset[int], [2, 1], frozenset({1, 2}), "1,2"),
    (Annotated[list[int], Meta(min_length=1)], "1", [1], "1"),
]


@pytest.mark.parametrize(
    ("annotation", "given", "value", "text"), READ, ids=[f"{row[0]}-{row[1]!r}" for row in READ]
)
def test_a_value_is_read_and_its_text_reads_back(
    annotation: Any, given: object, value: object, text: str
) -> None:
    kind = kind_of(annotation)
    read = kind.read(given)
    assert (type(read), read) == (type(value), value)
    assert kind.text(read) == text
    again = kind.read(read)
    assert (type(again), again) == (type(value), value)
    assert kind.read(text) == value


MISFITS = [
    (Count, "-1", "must be an integer >= 0"),
    (Count, "1e6", "must be an integer >= 0 (did you mean 1000000?)"),
    (Count, "-1e6", "must be an integer >= 0"),
    (float, "nan", "must be a number"),
    (bool, "maybe", "must be true or false"),
    (date, "today", "must be a date as 2026-01-31"),
    (timedelta, "5 min", "must be a duration as 90s, 5m, 2h, 1d or ISO 8601"),
    (timedelta, "1000000000d", "must be a duration as 90s, 5m, 2h, 1d or ISO 8601"),
    (Annotated[str, Meta(min_length=3)], "ab", "must be text with at least 3 characters"),
    (Annotated[str, Meta(pattern="^[A-Z]")], "ab", "must be text matching '^[A-Z]'"),
    (Airport, "ewr", "must be one of 'EWR', 'JFK', 'LGA' (did you mean 'EWR'?)"),
    (Airport, "X", "must be one of 'EWR', 'JFK', 'LGA'"),
    (Airport, 5, "must be one of 'EWR', 'JFK', 'LGA'"),
    (Airport, ["EWR"], "must be one of 'EWR', 'JFK', 'LGA'"),
    (Literal[1, 2], True, "must be one of 1, 2"),
    (Colour, "crimsom", "must be one of 'red', 'blue'"),
    (Colour, "bleu", "must be one of 'red', 'blue' (did you mean 'blue'?)"),
    (Pair, "(1, 2)", "must be one of 'SMALL'"),
    (int | None, "x", "must be an integer or none"),
    (int, None, "must be an integer"),
    (int | float, "x", "must be an integer or a number"),
    (Airport | None, "EWQ", "must be one of 'EWR', 'JFK', 'LGA' or none (did you mean 'EWR'?)"),
    (list[Count], "1,-2", "item 2 (-2) must be an integer >= 0"),
    (list[Count], "1,,2", "item 2 is empty, must be an integer >= 0"),
    (list[str], "a,", "item 2 is empty, must be text"),
    (list[Airport], "EWQ", "item 1 (EWQ) must be one of 'EWR', 'JFK', 'LGA' (did you mean 'EWR'?)"),
    (
        Annotated[list[int], Meta(min_length=1)],
        "",
        "must be a comma separated list of int with at least 1 item",
    ),
    (
        Annotated[set[int], Meta(max_length=1)],
        "1,2",
        "must be a comma separated list of int with at most 1 item",
    ),
]


@pytest.mark.parametrize(
    ("annotation", "given", "message"), MISFITS, ids=[f"{row[0]}-{row[1]!r}" for row in MISFITS]
)
def test_a_misfit_says_what_the_value_must_be(annotation: Any, given: object, message: str) -> None:
    with pytest.raises(MisfitError) as refused:
        kind_of(annotation).read(given)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [(timedelta | str, "90", "90"), (timedelta | str, timedelta(1), "1d"), (bool | int, 1, "1")],
    ids=["text like a duration", "duration", "number like a truth"],
)
def test_the_member_that_holds_a_value_writes_it(annotation: Any, value: object, text: str) -> None:
    assert kind_of(annotation).text(value) == text


def test_a_list_that_is_read_is_a_copy() -> None:
    given = [1]
    read = kind_of(list[int]).read(given)
    assert read == given
    assert read is not given


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as typed", "as typed"),
        ("two\nlines", r"'two\nlines'"),
        (True, "true"),
        (None, "none"),
        ([1, "a"], "1,a"),
        (1.5, "1.5"),
    ],
    ids=repr,
)
def test_a_value_is_shown_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text
