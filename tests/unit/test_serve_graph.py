"""The graph on the page: folded where there is much, laid out once, coloured as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from datamake.model import AttemptState, Reason, State, Why
from datamake.picture.as_image import DrawingError, drawn
from datamake.picture.model import Judged, Part
from datamake.picture.selection import EVERYTHING
from datamake.serve.drawing import Drawings
from datamake.serve.graph_view import Query, nodes, view
from datamake.serve.left_out import MANY_NODES, MOST_NODES, LeftOut
from datamake.serve.snapshot import Snapshot
from tests.unit.pictures import HOSTILE, chain, group
from tests.unit.serving import FRESH, Past, app_of, ask, site, snapshot

SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[..., bytes]


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    found = Past(tmp_path)
    yield found
    found.close()


def counting() -> tuple[Draw, list[str]]:
    """Graphviz, and what it was asked to draw."""
    asked: list[str] = []

    def draw(text: str, image_format: str, *, most_seconds: float) -> bytes:
        asked.append(text)
        return drawn(text, image_format, most_seconds=most_seconds)

    return draw, asked


def boxes(svg: str) -> dict[str, dict[str, str]]:
    """The attributes of each node of a picture, by its key."""
    groups = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return {g.attrib["data-key"]: g.attrib for g in groups if "data-key" in g.attrib}


def test_states_come_and_go_without_a_new_layout() -> None:
    draw, asked = counting()
    drawings, parts = Drawings(draw), chain("a", "b")
    found = view(snapshot(parts), Query())
    first = drawings.svg(1, found, {"a": "running", "b": "stale"})
    assert boxes(first)["stage:a"]["data-state"] == "running"
    second = drawings.svg(1, found, {"a": "failed", "b": "up to date"})
    assert boxes(second)["stage:a"]["class"] == "node stage failed"
    assert ">up to date</text>" in second
    assert len(asked) == 1
    drawings.svg(2, found, {})
    assert len(asked) == 2


def test_a_file_that_is_missing_is_marked_until_it_is_there() -> None:
    drawings, parts = Drawings(), chain("a")
    missing = Judged(State.ERROR, (Reason(Why.INPUT_MISSING, "raw"),))
    first = drawings.svg(1, view(snapshot(parts, a=missing), Query()), {})
    assert boxes(first)["file:raw"]["data-state"] == "missing"
    second = drawings.svg(1, view(snapshot(parts, a=FRESH), Query()), {})
    assert boxes(second)["file:raw"]["data-state"] == "source"
    assert "missing" not in second


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_markup_are_text_and_the_picture_stays_well_formed(name: str) -> None:
    parts = chain(name, f"{name}2")
    found = view(snapshot(parts), Query())
    svg = Drawings().svg(1, found, dict.fromkeys(parts, "stale"))
    assert len(boxes(svg)) == 5
    root = ElementTree.fromstring(svg.encode("utf-8", "strict"))
    assert not list(root.iter(f"{SVG}script")) and not list(root.iter(f"{SVG}a"))
    assert not any("style" in one.attrib or "href" in one.attrib for one in root.iter())
    edges = [g for g in root.iter(f"{SVG}g") if "data-from" in g.attrib]
    assert len(edges) == 4 and all(g.attrib["data-from"] for g in edges)


def test_a_thousand_sub_tasks_are_one_box_until_it_is_opened() -> None:
    parts = group("part", 1_000)
    taken = snapshot(parts)
    folded = view(taken, Query())
    assert len(folded.picture.nodes) == 2
    states = dict.fromkeys(parts, "up to date")
    states["part:7"] = "failed"
    box = nodes(folded, states)[0]
    assert (box["state"], box["count"]) == ("failed", 1_000)
    assert box["states"] == {"up to date": 999, "failed": 1}
    opened = view(taken, Query(unfolded=frozenset({"part"})))
    assert len(opened.picture.nodes) == 1_000


def test_what_is_too_much_is_shown_without_files_and_then_folded_further() -> None:
    parts: dict[str, Part] = {}
    for number in range(30):
        parts |= group(f"g{number}", 20)
    found = view(snapshot(parts), Query())
    assert len(found.picture.nodes) <= MANY_NODES
    assert not found.wish.files
    assert found.left_out is not None and found.left_out.folded == 10


def piped(count: int) -> dict[str, Part]:
    """So many stages in a row, with as many files between them and at both ends."""
    names = [f"s{number}" for number in range(count)]
    return chain(*names)


def test_files_that_are_left_out_are_said_and_come_back_for_who_insists(tmp_path: Path) -> None:
    app = app_of(site(tmp_path, *piped(150).values()))
    found = ask(app, "/api/graph").json()
    assert not found["files"]
    assert found["left_out"] == {
        "files": True,
        "boxes": 301,
        "can_be_shown": True,
        "words": "Files are left out: with all of them there would be 301 boxes.",
    }
    page = ask(app, "/").text
    assert "Files are left out" in page and 'href="/?files=1"' in page
    assert 'id="files" aria-describedby="left-out">' in page
    whole = ask(app, "/api/graph?files=1").json()
    assert (whole["files"], whole["left_out"], len(whole["nodes"])) == (True, None, 301)
    assert 'aria-describedby="left-out" checked>' in ask(app, "/?files=1").text
    without = ask(app, "/api/graph?stages=1").json()
    assert (without["files"], without["left_out"]) == (False, None)


def test_files_that_no_picture_can_hold_are_not_offered(tmp_path: Path) -> None:
    app = app_of(site(tmp_path, *piped(1_001).values()))
    for query in ("", "?files=1"):
        found = ask(app, f"/api/graph{query}").json()
        assert not found["files"] and not found["left_out"]["can_be_shown"]
        assert "find a stage, and look only at what is around it" in found["left_out"]["words"]
        page = ask(app, f"/{query}").text
        assert 'aria-describedby="left-out" disabled>' in page
        assert "all the same" not in page
    narrow = ask(app, "/api/graph?stage=s500&up=3&down=3&files=1").json()
    assert narrow["files"] and narrow["left_out"] is None


def test_who_insists_keeps_what_else_was_asked_for(tmp_path: Path) -> None:
    stages = [*piped(150).values(), *group("a/b", 60).values()]
    page = ask(app_of(site(tmp_path, *stages)), "/?stage=s75&down=70&open=a/b&stages=").text
    assert 'href="/?stage=s75&amp;up=all&amp;down=70&amp;open=a%2Fb&amp;files=1"' in page


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (LeftOut(True, 301, 10), "Files are left out, and groups of more than 10 sub-tasks are"),
        (LeftOut(False, 301, 2), "Groups of more than 2 sub-tasks are one box each: there would"),
        (LeftOut(True, 9_000, 0, around=True), "take fewer steps upstream and downstream"),
    ],
)
def test_what_is_left_out_is_said_in_words(left: LeftOut, words: str) -> None:
    assert words in left.words


def test_what_is_more_than_a_picture_can_show_is_said(tmp_path: Path) -> None:
    parts = [Part(f"s{number}") for number in range(MOST_NODES + 1)]
    found = ask(app_of(site(tmp_path, *parts)), "/api/graph").json()
    assert not found["drawn"] and "too many for a picture" in found["reason"]
    assert found["total"] == len(found["nodes"]) == MOST_NODES + 1


def test_a_layout_that_takes_too_long_is_given_up() -> None:
    found = view(snapshot(chain("a", "b")), Query())
    drawings = Drawings(most_seconds=0.001)
    with pytest.raises(DrawingError, match="longer than"):
        drawings.svg(1, found, {})


def test_what_can_not_be_drawn_is_not_tried_again() -> None:
    asked: list[str] = []

    def fail(text: str, *_: str, **__: float) -> bytes:
        asked.append(text)
        raise DrawingError("no")

    drawings, found = Drawings(fail), view(snapshot(chain("a")), Query())
    for _ in range(3):
        with pytest.raises(DrawingError):
            drawings.svg(1, found, {})
    assert len(asked) == 1


def test_a_part_of_the_graph_around_a_stage() -> None:
    taken = snapshot(chain("a", "b", "c", "d"))

    def names(up: int, down: int) -> list[str]:
        found = view(taken, Query("b", up, down, stages=True))
        return [node.name for node in found.picture.nodes]

    assert names(EVERYTHING, EVERYTHING) == ["a", "b", "c", "d"]
    assert names(0, 1) == ["b", "c"]
    assert names(1, 0) == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("stage=nope", 404),
        ("up=-1", 400),
        ("up=x", 400),
        ("up=99999999999999999999", 400),
        ("up=9999999999999999", 200),
        ("open=nope&open=&open=part", 200),
        ("&".join(f"x{n}=1" for n in range(500)), 400),
        ("stage=%00", 404),
        ("stage=%ff%fe", 404),
    ],
)
def test_what_can_be_asked(tmp_path: Path, query: str, status: int) -> None:
    app = app_of(site(tmp_path, *chain("a").values()))
    assert ask(app, f"/api/graph?{query}").status_code == status
    assert ask(app, f"/?{query}").status_code == status


def test_before_the_first_look_there_is_nothing_to_show(tmp_path: Path) -> None:
    empty = site(tmp_path)
    empty.live.snapshot = None
    app = app_of(empty)
    assert ask(app, "/api/graph").json()["nodes"] == []
    assert ask(app, "/api/graph.svg").status_code == 404
    for path in ("/", "/runs", "/api/stages", "/api/running", "/metrics"):
        assert ask(app, path).status_code == 200


def test_a_snapshot_travels_whatever_names_are_in_it() -> None:
    from datamake.serve.snapshot import from_bytes, to_bytes

    for name in HOSTILE:
        stale = Judged(State.STALE, (Reason(Why.ARGUMENT_CHANGED, name, name, None),), (name,), 1.5)
        sent = Snapshot({name: Part(name, {name: (name,)})}, {name: stale}, taken=1.0)
        assert from_bytes(to_bytes(sent)) == sent


def test_stages_are_searched_for(tmp_path: Path) -> None:
    served = site(tmp_path, *group("Part", 3).values(), Part("other"))
    served.live.happened([("Part:1", AttemptState.FAILED)], {})
    app = app_of(served)

    def names(query: str) -> list[str]:
        found = ask(app, f"/api/stages?{query}").json()
        return [one["name"] for one in found["stages"]]

    assert names("search=pART") == ["Part:0", "Part:1", "Part:2"]
    assert names("state=failed") == ["Part:1"]
    assert names("state=failed&state=stale&search=t:&limit=1&offset=1") == ["Part:1"]
    assert names("group=Part&limit=0") == []
    assert names("search=.*") == []


def test_reasons_are_those_of_the_present_state(past: Past, tmp_path: Path) -> None:
    served = site(tmp_path, *chain("a").values())
    app = app_of(served)

    def told() -> tuple[list[str], str, list[str]]:
        node = next(n for n in ask(app, "/api/graph").json()["nodes"] if n["stage"] == "a")
        row = ask(app, "/api/stages").json()["stages"][0]
        return ask(app, "/api/stage/a").json()["reasons"], row["why"], node["details"]

    assert told() == (["never built"], "never built", ["never built"])
    served.live.happened([("a", AttemptState.BUILT)], {})
    assert told() == ([], "", [])
