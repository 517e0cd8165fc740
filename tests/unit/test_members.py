"""Members of enumerations are told as people write them, unless that tells nothing apart."""

from __future__ import annotations

import enum
from pathlib import Path

import pytest

from datamake.code import CodeReader, describe
from datamake.members import plainly, told_apart

DIGITS = "39202126f820b1a8"
RED = f"dodo.Colour#{DIGITS}.RED(1)"


class Colour(enum.Enum):
    RED = 1
    SKY = ("light", "blue)")
    SUN = RED, 'it\'s "bright"'


class Part(enum.Flag):
    HEAD = 1
    TAIL = 2


@pytest.fixture(scope="module")
def reader() -> CodeReader:
    return CodeReader(str(Path(__file__).parent))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Colour.RED, "Colour.RED"),
        (Colour.SKY, "Colour.SKY"),
        (Colour.SUN, "Colour.SUN"),
        ([Colour.RED, (Colour.SKY, 1)], "[Colour.RED, (Colour.SKY, 1)]"),
        ({"a": Colour.RED, "b": 2}, "{'a': Colour.RED, 'b': 2}"),
        (Part.HEAD | Part.TAIL, "Part.HEAD|TAIL"),
        (Part(0), "Part(0)"),
        (1, "1"),
        (RED, repr(RED)),
        (["'", RED], f'["\'", {RED!r}]'),
    ],
    ids=str,
)
def test_what_describes_a_value_is_told_plainly(
    reader: CodeReader, value: object, text: str
) -> None:
    assert plainly(describe(value, reader)) == text


@pytest.mark.parametrize(
    "text",
    [
        f"dodo.double#{DIGITS}",
        f"dodo.double#{DIGITS} of dodo.Box#{DIGITS}(1)",
        f"dodo.Size#{DIGITS}(width=1)",
        f"dodo.Colour#{DIGITS}.RED('long… (blake3 {DIGITS[:5]}",
        f"dodo.Colour#{DIGITS}.SKY((1, 2… ",
    ],
)
def test_what_else_has_a_digest_or_was_cut_is_left(text: str) -> None:
    assert plainly(text) == text


def test_a_class_in_a_function_or_another_class_is_known_by_its_own_name() -> None:
    assert plainly(f"dodo.task.<locals>.Colour#{DIGITS}.RED(1)") == "Colour.RED"
    assert plainly(f"dodo.Paint.Colour#{DIGITS}.RED(1)") == "Colour.RED"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (RED, RED.replace("RED(1)", "BLUE(2)"), ("Colour.RED", "Colour.BLUE")),
        (None, RED, (None, "Colour.RED")),
        (RED, "1", ("Colour.RED", "1")),
        (RED, RED.replace("(1)", "(2)"), (RED, RED.replace("(1)", "(2)"))),
        (RED, RED.replace("#39", "#40"), (RED, RED.replace("#39", "#40"))),
    ],
)
def test_two_values_are_told_plainly_while_they_differ_then(
    before: str | None, after: str | None, told: tuple[str | None, str | None]
) -> None:
    assert told_apart(before, after) == told
