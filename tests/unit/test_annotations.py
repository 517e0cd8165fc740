"""Which kind of value an annotation asks for, and the words for it."""

import typing
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum, Flag, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional

import pytest
from msgspec import Meta

from datamake.parameters.annotations import kind_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Access(Flag):
    READ = 1
    WRITE = 2


Count = Annotated[int, Meta(ge=0)]
Identity = NewType("Identity", Count)

WORDS = [
    (int, "int"),
    (Count, "int >= 0"),
    (Annotated[Count, Meta(lt=10)], "int >= 0 and < 10"),
    (Annotated[float, Meta(gt=0, le=1)], "float > 0 and <= 1"),
    (Annotated[int, Meta(multiple_of=5)], "int divisible by 5"),
    (bool, "true or false"),
    (str, "str"),
    (
        Annotated[str, Meta(min_length=1, max_length=3)],
        "str with at least 1 character and with at most 3 characters",
    ),
    (Annotated[str, Meta(pattern="^[A-Z]+$")], "str matching '^[A-Z]+$'"),
    (date, "date as 2026-01-31"),
    (datetime, "date and time as 2026-01-31T18:30"),
    (Annotated[datetime, Meta(tz=True)], "date and time as 2026-01-31T18:30 with a time zone"),
    (Annotated[datetime, Meta(tz=False)], "date and time as 2026-01-31T18:30 without a time zone"),
    (timedelta, "duration as 90s, 5m, 2h, 1d or ISO 8601"),
    (Path, "path"),
    (Colour, "one of 'red', 'blue'"),
    (Level, "one of 'LOW', 'HIGH'"),
    (Literal["EWR", "JFK"], "one of 'EWR', 'JFK'"),
    (Literal[1, 2, True], "one of 1, 2, true"),
    (Literal["a", None], "one of 'a' or none"),
    (Count | None, "int >= 0 or none"),
    (Optional[int], "int or none"),  # noqa: UP045
    (str | None, "str, or empty for none"),
    (str | int, "int or str"),
    (list, "comma separated list of str"),
    (list[Count], "comma separated list of int >= 0"),
    (list[Literal["a", "b"]], "comma separated list, each one of 'a', 'b'"),
    (tuple[int, ...], "comma separated list of int"),
    (set[int], "comma separated list of int"),
    (frozenset[int], "comma separated list of int"),
    (Sequence[int], "comma separated list of int"),
    (typing.List[int], "comma separated list of int"),  # noqa: UP006
    (Annotated[list[int], Meta(min_length=1)], "comma separated list of int with at least 1 item"),
    (Annotated[int, "a note for readers"], "int"),
    (Annotated[int | None, Meta(ge=0)], "int >= 0 or none"),
    (Identity, "int >= 0"),
]


@pytest.mark.parametrize(("annotation", "words"), WORDS, ids=[str(row[1]) for row in WORDS])
def test_a_kind_says_what_it_takes(annotation: Any, words: str) -> None:
    assert kind_of(annotation).words == words


USE = (
    "use int, float, bool, str, date, datetime, timedelta, Path, Enum, Literal, "
    "X | None, list[X], tuple[X, ...], set[X]"
)

UNSUPPORTED = [
    (complex, f"complex is no type for a parameter, {USE}"),
    (Access, f"Access is no type for a parameter, {USE}"),
    (dict[str, int], f"dict[str, int] is no type for a parameter, {USE}"),
    (object, f"object is no type for a parameter, {USE}"),
    (typing.TypeVar("T"), f"~T is no type for a parameter, {USE}"),
    (list[complex], f"complex is no type for a parameter, {USE}"),
    (complex | None, f"complex is no type for a parameter, {USE}"),
    (tuple[int, str], f"a tuple of fixed length is no type for a parameter, {USE}"),
    (tuple[int], f"a tuple of fixed length is no type for a parameter, {USE}"),
    (list[list[int]], f"a list of lists is no type for a parameter, {USE}"),
    (Literal[b"a"], "choices are of str, int, bool or Enum, not b'a'"),
    (Annotated[Literal[1, 2], Meta(ge=1)], "bounds do not fit a choice of values"),
]


@pytest.mark.parametrize(
    ("annotation", "message"), UNSUPPORTED, ids=[str(row[0]) for row in UNSUPPORTED]
)
def test_an_unsupported_annotation_is_named(annotation: Any, message: str) -> None:
    with pytest.raises(TypeError) as refused:
        kind_of(annotation)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, Meta(pattern="x")],
        Annotated[bool, Meta(ge=0)],
        Annotated[timedelta, Meta(ge=0)],
        Annotated[list[int], Meta(ge=0)],
    ],
    ids=str,
)
def test_bounds_that_do_not_fit_their_type_are_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="Can only set `"):
        kind_of(annotation)


def test_bounds_past_64_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="int64"):
        kind_of(Annotated[int, Meta(ge=2**64)])


@pytest.mark.parametrize(
    ("annotation", "description"),
    [
        (int, ""),
        (Annotated[int, Meta(description="how many")], "how many"),
        (Annotated[int, Meta(description="how many")] | None, "how many"),
        (Annotated[int | None, Meta(description="how many")], "how many"),
        (Annotated[Literal["a"], Meta(description="which")], "which"),
        (Annotated[list[int], Meta(description="ids")], "ids"),
        (Annotated[Count, Meta(description="old"), Meta(description="new")], "new"),
    ],
    ids=str,
)
def test_the_description_of_a_meta_is_kept(annotation: Any, description: str) -> None:
    assert kind_of(annotation).description == description
