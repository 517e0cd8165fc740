"""A picture is drawn in the direction that suits its shape."""

from __future__ import annotations

from datamake.picture.layout import direction, flow, levels
from datamake.picture.model import Edge, Kind, Node, Picture
from tests.unit.pictures import chain, drawn


def test_levels_count_what_lies_above() -> None:
    picture = drawn(chain("a", "b"))
    assert levels(picture)["file:b.out"] == 4
    assert levels(picture, of_stages=True)["stage:b"] == 1


def circle() -> Picture:
    nodes = tuple(Node(name, Kind.GROUP, name) for name in "abc")
    edges = (Edge("a", "b"), Edge("b", "c"), Edge("c", "b"))
    return Picture(nodes, edges)


def test_groups_that_need_each_other_in_a_circle_are_drawn_too() -> None:
    assert set(levels(circle())) == set("abc")
    assert sorted(flow(circle())) == ["a", "b", "c"]


def test_what_follows_a_stage_comes_right_behind_it() -> None:
    two = {**chain("a", "b"), **chain("c", "d")}
    keys = [key for key in flow(drawn(two)) if key.startswith("stage")]
    assert keys.index("stage:b") == keys.index("stage:a") + 1


def test_a_long_chain_goes_down_and_many_side_by_side_go_across() -> None:
    assert direction(drawn(chain(*"abcdefgh"))) == "TB"
    wide = Picture(tuple(Node(str(i), Kind.STAGE, str(i)) for i in range(20)), ())
    assert direction(wide) == "LR"
    assert direction(Picture((), ())) in ("LR", "TB")


def test_a_very_long_chain_is_walked_without_recursion() -> None:
    parts = chain(*(f"s{i}" for i in range(5000)))
    assert max(levels(drawn(parts)).values()) == 10_000
