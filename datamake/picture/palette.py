"""Colours that people with any colour vision tell apart, each with a second cue."""

from __future__ import annotations

from msgspec import Struct

from datamake.model import State
from datamake.picture.model import Kind, Node


class Look(Struct, frozen=True):
    """How a box is drawn: a class name, its border and fill on light and on dark ground.

    `line` and `width` are the second cue: people who see no colours tell the states apart by it.
    """

    name: str
    border: str
    fill: str
    dark_fill: str
    line: str = "solid"
    width: float = 1.5


# The borders are of the palette of Okabe and Ito.
LOOKS = {
    State.FRESH: Look("fresh", "#009E73", "#E2F4EE", "#10382D"),
    State.STALE: Look("stale", "#D55E00", "#FCE5D4", "#4A2508", width=3.0),
    State.WAITS: Look("waits", "#E69F00", "#FFF4D6", "#42320A", line="dashed", width=2.0),
    State.IGNORED: Look("ignored", "#767676", "#EFEFEF", "#333333", line="dotted", width=2.0),
    State.ERROR: Look("error", "#CC79A7", "#F9E6F0", "#47203A", line="dashed", width=4.0),
    State.GROUP: Look("group", "#56B4E9", "#E6F3FB", "#13344A"),
}
FILE = Look("file", "#8A8F98", "#FFFFFF", "#22262B", width=1.0)


def look_of(node: Node) -> Look:
    """Return how a node is drawn."""
    if node.state is None:
        return FILE
    look = LOOKS[node.state]
    if node.kind is Kind.FILE:
        return Look(f"file {look.name}", look.border, look.fill, look.dark_fill, "solid", 2.0)
    return look
