"""What stands in a box, whatever names hold."""

from __future__ import annotations

import pytest

from datamake.model import State
from datamake.picture.labels import caption, hover, short_name, shortened, shown, summary
from datamake.picture.model import Kind, Node
from tests.unit.pictures import HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_becomes_one_line_that_can_be_written(name: str) -> None:
    line = shown(name)
    line.encode()
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_long_texts_lose_their_middle_and_paths_their_start() -> None:
    assert shortened("abcdefghij", 5) == "ab…ij"
    assert shortened("abc", 3) == "abc"
    assert shortened("abc", 1) == "a"
    path = Node("k", Kind.FILE, "/very/long/folder/data/raw.csv")
    assert short_name(path, 14) == "…/data/raw.csv"
    assert len(short_name(path, 5)) == 5
    stage = Node("k", Kind.STAGE, "x" * 90, State.FRESH)
    assert len(short_name(stage, 44)) == 44


def test_the_state_stands_in_words() -> None:
    stage = Node("k", Kind.STAGE, "a", State.STALE, "never built", ("never built",), seconds=90)
    assert caption(stage) == "stale: never built · 1 min 30 s"
    assert hover(stage) == "a\nstale: never built · 1 min 30 s\nnever built"


def test_a_folded_group_counts() -> None:
    states = {State.FRESH: 997, State.STALE: 3}
    folded = Node("k", Kind.GROUP, "g:*", State.STALE, count=1000, states=states)
    assert caption(folded) == "1,000; 3 stale"
    fresh = Node("k", Kind.GROUP, "g:*", State.FRESH, count=60, states={State.FRESH: 60})
    assert caption(fresh) == "60; up to date"
    files = Node("k", Kind.FILE, "g/*", State.STALE, "3 changed", count=1000)
    assert caption(files) == "1,000 files, 3 changed"


def test_the_summary_counts_stages() -> None:
    assert summary({State.FRESH: 1}) == "1 stage: 1 up to date"
    assert summary({}) == "no stages"
