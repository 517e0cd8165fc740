"""A picture in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

import msgspec

from datamake.picture.bundling import bundled
from datamake.picture.labels import caption, hover, listing, short_name, shortened, shown
from datamake.picture.layout import direction
from datamake.picture.model import Edge, Kind, Node, Picture
from datamake.picture.palette import FILE, LOOKS, Look, look_of

FONT = "Helvetica,Arial,sans-serif"
INK, QUIET, LOUD = "#1B1F24", "#57606A", "#9A4300"
MOST_LETTERS = 44

# Above this many edges, straight lines are drawn in a fraction of the time that curves take.
MANY_EDGES = 1_500


def dot(picture: Picture, *, legend: bool = True, dots_per_inch: int | None = None) -> str:
    """Return a picture as a graph in the dot language.

    In an SVG of it node `i` has the id `n{i}`, and edge `i` the id `e{i}`.
    """
    picture = bundled(picture)
    lines = ["digraph pipeline {"]
    lines += [f"  {line};" for line in _settings(picture, legend, dots_per_inch)]
    lines += [f"  {_node(node, i)};" for i, node in enumerate(picture.nodes)]
    lines += [f"  {_edge(edge, i)};" for i, edge in enumerate(picture.edges)]
    return "\n".join([*lines, "}", ""])


def quoted(text: str) -> str:
    """Return a text in quotes; Graphviz keeps both of two backslashes, so ids stay different."""
    doubled = shown(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{doubled}"'


def _attributes(values: Mapping[str, object]) -> str:
    """Return attributes; a text that is marked as `Markup` is written as it is."""
    parts = (
        f"{name}={value}" if isinstance(value, Markup) else f"{name}={quoted(str(value))}"
        for name, value in values.items()
    )
    return f"[{', '.join(parts)}]"


class Markup(str):
    """A label in Graphviz's own markup, with its angle brackets."""

    __slots__ = ()


def _settings(picture: Picture, legend: bool, dots_per_inch: int | None) -> Iterator[str]:
    general: dict[str, object] = {
        "rankdir": direction(picture),
        "fontname": FONT,
        "bgcolor": "white",
        "pad": 0.3,
        "nodesep": 0.22,
        "ranksep": 0.45,
        "splines": "line" if len(picture.edges) > MANY_EDGES else "true",
    }
    if dots_per_inch is not None:
        general["dpi"] = dots_per_inch
    if legend:
        general |= {"label": _legend(picture), "labelloc": "b", "labeljust": "l"}
    yield f"graph {_attributes(general)}"
    node = {"fontname": FONT, "fontsize": 13, "fontcolor": INK, "margin": "0.16,0.08"}
    yield f"node {_attributes(node)}"
    edge = {"color": "#7A828C", "arrowsize": 0.7, "penwidth": 1.2}
    yield f"edge {_attributes(edge)}"


def _node(node: Node, number: int) -> str:
    look = look_of(node)
    is_file = node.kind is Kind.FILE
    attributes: dict[str, object] = {
        "id": f"n{number}",
        "class": f"{node.kind.value} {look.name}",
        "label": _label(node),
        "tooltip": hover(node).replace("\n", " — "),
        "shape": "note" if is_file else "box",
        "style": f"filled,{look.line}" if is_file else f"filled,rounded,{look.line}",
        "color": look.border,
        "fillcolor": look.fill,
        "penwidth": look.width,
    }
    if node.folded and not is_file:
        attributes["peripheries"] = 2
    if is_file:
        attributes |= {"fontsize": 11, "margin": "0.12,0.06", "height": 0.3}
    return f"{quoted(node.key)} {_attributes(attributes)}"


def _label(node: Node) -> Markup:
    if node.bundle:
        return Markup(f"<{''.join(_lines(node))}>")
    name = _marked(short_name(node, MOST_LETTERS)) or " "
    below = _marked(shortened(caption(node), MOST_LETTERS + 6))
    if node.kind is not Kind.FILE:
        name = f"<b>{name}</b>"
    if below:
        gap = '<br/><font point-size="3"> </font><br/>'
        name += f'{gap}<font point-size="10" color="{QUIET}">{below}</font>'
    return Markup(f"<{name}>")


def _marked(text: str) -> str:
    """Return a text as markup; Graphviz takes a backslash in it for the start of an escape."""
    return escape(text).replace("\\", "\\\\")


def _lines(node: Node) -> Iterator[str]:
    """Yield the lines of a box that lists files, all of them flush left."""
    end = '<br align="left"/>'
    if node.name:
        folder = msgspec.structs.replace(node, bundle=())
        yield f'<font color="{QUIET}">{_marked(short_name(folder, MOST_LETTERS))}</font>{end}'
    indent = "&#160;&#160;" if node.name else ""
    for name, said in listing(node, MOST_LETTERS):
        loud = f' <font color="{LOUD}"><b>{_marked(said)}</b></font>' if said else ""
        yield f"{indent}{_marked(name)}{loud}{end}"


def _edge(edge: Edge, number: int) -> str:
    style = ', style="dashed", class="order"' if edge.order else ""
    return f'{quoted(edge.source)} -> {quoted(edge.target)} [id="e{number}"{style}]'


def _legend(picture: Picture) -> Markup:
    """Return a row of samples, of what the picture has."""
    cells = [_sample(LOOKS[state], f"{n:,} {state.value}") for state, n in picture.counts().items()]
    if any(node.kind is Kind.FILE for node in picture.nodes):
        cells.append(_sample(FILE, "file"))
    if any(edge.order for edge in picture.edges):
        cells.append(f'<td><font point-size="11" color="{QUIET}">- - ▸ order only</font></td>')
    if not cells:
        return Markup("<nothing to show>")
    return Markup(f'<<table border="0" cellspacing="8"><tr>{"".join(cells)}</tr></table>>')


def _sample(look: Look, text: str) -> str:
    return (
        f'<td border="{max(1, round(look.width))}" style="{look.line}" color="{look.border}"'
        f' bgcolor="{look.fill}" cellpadding="5">'
        f'<font point-size="11">{_marked(text)}</font></td>'
    )
