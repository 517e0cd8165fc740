"""A picture has a box for each stage and file, and an arrow for each that needs another."""

from __future__ import annotations

from datamake.model import Reason, State, Why
from datamake.picture.assembly import Wish, assemble, least_fresh
from datamake.picture.model import Edge, Judged, Kind, Part, Picture
from tests.unit.pictures import FRESH, STALE, chain, drawn, group


def named(picture: Picture) -> dict[str, State | None]:
    return {node.name: node.state for node in picture.nodes}


def test_stages_and_files_are_joined_by_arrows() -> None:
    picture = drawn(chain("a", "b"), a=STALE)
    assert named(picture) == {
        "a": State.STALE,
        "b": State.FRESH,
        "a.out": None,
        "b.out": None,
        "raw": State.STALE,
    }
    assert set(picture.edges) == {
        Edge("file:raw", "stage:a"),
        Edge("stage:a", "file:a.out"),
        Edge("file:a.out", "stage:b"),
        Edge("stage:b", "file:b.out"),
    }


def test_without_files_the_arrows_go_from_stage_to_stage() -> None:
    picture = drawn(chain("a", "b", "c"), Wish(files=False))
    assert picture.edges == (Edge("stage:a", "stage:b"), Edge("stage:b", "stage:c"))


def test_a_need_without_a_file_is_an_arrow_of_its_own() -> None:
    parts = {**chain("a", "b"), "c": Part("c", needs=("b",))}
    assert Edge("stage:b", "stage:c", order=True) in drawn(parts).edges


def test_a_need_that_a_file_says_already_is_drawn_once() -> None:
    parts = chain("a", "b")
    parts["all"] = Part("all", needs=("a",), hidden=True)
    parts["b"] = Part("b", parts["b"].reads, parts["b"].makes, needs=("all",))
    assert not any(edge.order for edge in drawn(parts).edges)


def test_what_is_the_matter_with_a_file_is_said_at_the_file() -> None:
    gone = Judged(State.ERROR, (Reason(Why.INPUT_MISSING, "raw"),))
    edited = Judged(State.STALE, (Reason(Why.TARGET_CHANGED, "b.out"),))
    picture = drawn(chain("a", "b"), a=gone, b=edited)
    said = {node.name: (node.state, node.brief) for node in picture.nodes}
    assert said["raw"] == (State.ERROR, "missing")
    assert said["b.out"] == (State.STALE, "changed")


def test_more_sub_tasks_than_the_limit_are_one_box_with_counts() -> None:
    late = Judged(State.WAITS, waits_for=("x",))
    parts = group("squares", 60, "config")
    picture = assemble(parts, dict.fromkeys(parts, FRESH) | {"squares:3": STALE, "squares:4": late})
    squares = picture.nodes[0]
    assert (squares.name, squares.kind, squares.count) == ("squares:*", Kind.GROUP, 60)
    assert squares.state is State.STALE
    assert squares.states == {State.FRESH: 58, State.STALE: 1, State.WAITS: 1}
    assert squares.doc == "all of squares"
    assert picture.counts() == {State.FRESH: 58, State.STALE: 1, State.WAITS: 1}
    assert [(n.name, n.count) for n in picture.nodes[1:]] == [("squares/*.csv", 60), ("config", 1)]
    assert len(picture.edges) == 2


def test_as_many_sub_tasks_as_the_limit_are_boxes_each() -> None:
    picture = drawn(group("squares", 50), Wish(files=False))
    assert len(picture.nodes) == 50
    assert len(drawn(group("squares", 4), Wish(files=False, limit=3)).nodes) == 1


def test_the_durations_of_a_folded_group_are_added() -> None:
    assert drawn(group("squares", 60)).nodes[0].seconds == 30


def test_what_needs_a_group_needs_its_members_or_the_box_they_are_in() -> None:
    after = {"after": Part("after", needs=("g",))}
    few = drawn({**group("g", 2), **after}, Wish(files=False))
    assert [edge.source for edge in few.edges] == ["stage:g:0", "stage:g:1"]
    many = drawn({**group("g", 60), **after}, Wish(files=False))
    assert many.edges == (Edge("group:g", "stage:after", order=True),)


def test_folded_stages_that_need_each_other_have_no_arrow_to_themselves() -> None:
    parts = {
        f"g:{i}": Part(f"g:{i}", {f"{i - 1}": (f"g:{i - 1}",)} if i else {}, (f"{i}",), group="g")
        for i in range(60)
    }
    for wish in (Wish(), Wish(files=False)):
        assert all(edge.source != edge.target for edge in drawn(parts, wish).edges)
        assert not any(edge.target == "group:g" for edge in drawn(parts, wish).edges)


def test_an_unselected_maker_leaves_a_source() -> None:
    parts = chain("a", "b")
    del parts["a"]
    assert set(drawn(parts).edges) == {
        Edge("file:a.out", "stage:b"),
        Edge("stage:b", "file:b.out"),
    }


def test_two_lots_of_files_with_one_pattern_are_two_boxes() -> None:
    parts = group("g", 60)
    for number in (0, 1):
        reads = {f"g/{i}.csv": (f"g:{i}",) for i in range(60) if i % 2 == number}
        parts[f"fit{number}"] = Part(f"fit{number}", reads)
    keys = [node.key for node in drawn(parts).nodes]
    assert len(set(keys)) == len(keys)
    assert [node.count for node in drawn(parts).nodes if node.kind is Kind.FILE] == [30, 30]


def test_the_least_fresh_of_several_states() -> None:
    assert least_fresh([State.FRESH, State.WAITS, State.STALE]) is State.STALE
    assert least_fresh([]) is State.FRESH


def test_nothing_is_a_picture_too() -> None:
    assert drawn({}) == Picture((), ())
