"""The picture on the page: laid out once per structure of the graph, coloured as it stands."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from html import escape
from xml.etree import ElementTree

from msgspec import Struct, structs

from datamake.model import State
from datamake.picture.as_dot import dot
from datamake.picture.as_image import SVG, DrawingError, drawn
from datamake.picture.folding import group_key
from datamake.picture.labels import hover, shown
from datamake.picture.model import Kind, Node, Picture
from datamake.serve.graph_view import View, folded_caption, standing
from datamake.serve.left_out import MOST_NODES
from datamake.serve.snapshot import FAILED, RUNNING

MOST_SECONDS = 20.0
MOST_KEPT = 32

CLASSES = {
    State.FRESH.value: "fresh",
    State.STALE.value: "stale",
    State.WAITS.value: "waits",
    State.IGNORED.value: "ignored",
    State.ERROR.value: "error",
    State.GROUP.value: "group",
    RUNNING: "running",
    FAILED: "failed",
    "source": "source",
    "missing": "missing",
}


class Sheet(Struct, frozen=True):
    """A drawing with gaps where the states go: texts, and between them a kind and a node's key."""

    texts: tuple[str, ...]
    gaps: tuple[tuple[str, str], ...]


class Drawings:
    """Draws views. For several threads; one draws at a time, and the last ones are kept."""

    def __init__(self, draw: Callable[..., bytes] = drawn, most_seconds: float = MOST_SECONDS):
        self._draw = draw
        self._most_seconds = most_seconds
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, Sheet | DrawingError] = OrderedDict()

    def svg(self, key: object, found: View, states: Mapping[str, str]) -> str:
        """Return a view as SVG. Raises DrawingError; `key` stands for the view's structure."""
        sheet = self._sheet(key, found)
        now = {node.key: node for node in found.picture.nodes}
        pieces = [sheet.texts[0]]
        for (kind, name), text in zip(sheet.gaps, sheet.texts[1:], strict=True):
            node = now[name]
            state, counts = standing(node, found.members.get(name, ()), states)
            if kind == "class":
                pieces.append(CLASSES.get(state, "unknown"))
            elif kind == "caption":
                pieces.append(escape(folded_caption(counts) if counts else state))
            else:
                pieces.append(escape(state))
            pieces.append(text)
        return "".join(pieces)

    def _sheet(self, key: object, found: View) -> Sheet:
        count = len(found.picture.nodes)
        if count > MOST_NODES:
            raise DrawingError(
                f"{count:,} boxes are too many for a picture: search for a stage, and look at what"
                " is around it"
            )
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._made(found)
                self._kept[key] = kept
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        if isinstance(kept, DrawingError):
            raise kept
        return kept

    def _made(self, found: View) -> Sheet | DrawingError:
        picture = Picture(tuple(map(_neutral, found.picture.nodes)), found.picture.edges)
        try:
            content = self._draw(dot(picture, legend=False), "svg", most_seconds=self._most_seconds)
        except DrawingError as error:
            return error
        return _sheet(ElementTree.fromstring(content), picture)


def _neutral(node: Node) -> Node:
    """Return a node as it is laid out: with room for the words that its states may need.

    The drawing stays while states come and go, so it says nothing that may change.
    """
    if node.kind is Kind.FILE:
        bundle = tuple(map(_neutral, node.bundle))
        return structs.replace(node, state=None, brief="", details=(), bundle=bundle)
    states = {State.FRESH: node.count, State.STALE: node.count} if node.folded else {}
    return structs.replace(
        node, state=State.FRESH, brief="", details=(), seconds=None, states=states
    )


def _sheet(root: ElementTree.Element, picture: Picture) -> Sheet:
    # No name can look like a mark that nobody knew when it was given.
    mark = secrets.token_hex(8)
    keys = {f"n{i}": node for i, node in enumerate(picture.nodes)}
    edges = {f"e{i}": edge for i, edge in enumerate(picture.edges)}
    numbers = {node.key: i for i, node in enumerate(picture.nodes)}
    for group in root.iter(f"{{{SVG}}}g"):
        kind = group.get("class", "").partition(" ")[0]
        title = group.find(f"{{{SVG}}}title")
        if kind == "node" and group.get("id") in keys:
            _dress_node(group, title, keys[group.get("id", "")], mark, numbers)
        elif title is not None:
            group.remove(title)
        if kind == "edge" and group.get("id") in edges:
            edge = edges[group.get("id", "")]
            group.set("data-from", shown(edge.source))
            group.set("data-to", shown(edge.target))
        _unlink(group)
    ElementTree.register_namespace("", SVG)
    text = ElementTree.tostring(root, encoding="unicode")
    parts = re.split(f"{mark}-(class|state|caption)-([0-9]+);", text)
    gaps = zip(parts[1::3], parts[2::3], strict=True)
    return Sheet(
        texts=tuple(parts[0::3]),
        gaps=tuple((kind, picture.nodes[int(number)].key) for kind, number in gaps),
    )


def _dress_node(
    group: ElementTree.Element,
    title: ElementTree.Element | None,
    node: Node,
    mark: str,
    numbers: Mapping[str, int],
) -> None:
    number = numbers[node.key]
    group.set("class", f"node {node.kind.value} {mark}-class-{number};")
    group.set("data-key", shown(node.key))
    group.set("data-state", f"{mark}-state-{number};")
    texts = group.findall(f".//{{{SVG}}}text")
    if node.kind is not Kind.FILE:
        name = node.key.removeprefix(group_key("")) if node.folded else node.name
        # XML has no place for control characters; such a stage is in the list all the same.
        if name == shown(name):
            group.set("data-group" if node.folded else "data-stage", name)
        texts[0].set("class", "name")
        texts[-1].set("class", "caption")
        texts[-1].text = f"{mark}-caption-{number};"
    if title is not None:
        lines = [shown(node.name), shown(node.doc)]
        title.text = hover(node) if node.kind is Kind.FILE else "\n".join(filter(None, lines))


def _unlink(group: ElementTree.Element) -> None:
    """Make plain groups of the links that Graphviz draws for its tooltips."""
    for link in group.iter(f"{{{SVG}}}a"):
        link.tag = f"{{{SVG}}}g"
        link.attrib.clear()
