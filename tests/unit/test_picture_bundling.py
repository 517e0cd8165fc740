"""Files with the same arrows are one box that lists them."""

from __future__ import annotations

from datamake.model import State
from datamake.picture.bundling import bundled
from datamake.picture.labels import listing
from datamake.picture.model import Edge, Kind, Part
from tests.unit.pictures import STALE, drawn


def test_files_of_one_place_are_listed_with_what_is_said_of_them() -> None:
    parts = {
        "a": Part("a", {"raw": ()}, ("out/1", "out/2", "out/log")),
        "b": Part("b", {"out/1": ("a",), "out/2": ("a",)}),
    }
    picture = bundled(drawn(parts, a=STALE))
    boxes = {node.name: node for node in picture.nodes if node.kind is Kind.FILE}
    assert set(boxes) == {"raw", "out/", "out/log"}
    assert [file.name for file in boxes["out/"].bundle] == ["out/1", "out/2"]
    assert listing(boxes["out/"], 40) == [("1", ""), ("2", "")]
    assert len(picture.edges) == 4
    assert Edge("stage:a", boxes["out/"].key) in picture.edges


def test_a_changed_file_comes_first_and_marks_the_box() -> None:
    parts = {"a": Part("a", dict.fromkeys(("x", "y", "raw"), ()))}
    (box,) = (node for node in bundled(drawn(parts, a=STALE)).nodes if node.bundle)
    assert box.state is State.STALE
    assert listing(box, 40)[0] == ("raw", "changed")


def test_a_long_list_is_cut() -> None:
    parts = {"a": Part("a", {f"in/{i}": () for i in range(20)})}
    (box,) = (node for node in bundled(drawn(parts)).nodes if node.bundle)
    assert listing(box, 40)[-1] == ("and 14 more", "")


def test_a_picture_that_is_bundled_stays_as_it_is() -> None:
    parts = {"a": Part("a", {f"in/{i}": () for i in range(3)})}
    once = bundled(drawn(parts))
    assert bundled(once) == once
