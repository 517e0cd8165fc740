"""What somebody may have meant by a word that nothing is called."""

from __future__ import annotations

import pytest

from datamake.spelling import hint, nearest


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("orgin", ["n", "origin"], "origin"),
        ("ORIGIN", ["n", "origin"], "origin"),
        ("ewr", ["EWR", "JFK"], "EWR"),
        ("zzz", ["n", "origin"], None),
        ("n", [], None),
    ],
)
def test_the_nearest_word_is_found(word: str, known: list[str], found: str | None) -> None:
    assert nearest(word, known) == found


def test_a_message_ends_with_what_was_meant_or_else_as_it_would() -> None:
    assert hint("orgin", ["n", "origin"], ".") == ": did you mean 'origin'?"
    assert hint("zzz", ["n", "origin"], ".") == "."
    assert hint("zzz", ["n", "origin"]) == ""
