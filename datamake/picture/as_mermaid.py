"""A picture in the language of Mermaid, which code hosts draw where it stands in a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datamake.picture.bundling import bundled
from datamake.picture.labels import caption, listing, short_name, shortened, shown
from datamake.picture.layout import direction
from datamake.picture.model import Kind, Node, Picture
from datamake.picture.palette import FILE, LOOKS, Look, look_of

# What may mean something to Mermaid, to Markdown within it, or to the HTML that it makes.
SPECIAL = re.compile(r"[^\w ./,()·…:+=-]", re.ASCII)

# Mermaid takes a backslash with an n for a new line even where the backslash is a number; a word
# joiner, which has no width, keeps them apart.
BACKSLASH = "#92;#8288;"
MOST_LETTERS = 44
DASHES = {"dashed": ",stroke-dasharray:6 4", "dotted": ",stroke-dasharray:2 3"}

# Mermaid draws no graph with more edges unless it is configured to.
MOST_EDGES = 500


def mermaid(picture: Picture) -> str:
    """Return a picture as a flow chart."""
    picture = bundled(picture)
    numbers = {node.key: f"n{i}" for i, node in enumerate(picture.nodes)}
    lines = [f"flowchart {direction(picture)}"]
    lines += [f"  {numbers[node.key]}{_box(node)}" for node in picture.nodes]
    for edge in picture.edges:
        arrow = "-.->" if edge.order else "-->"
        lines.append(f"  {numbers[edge.source]} {arrow} {numbers[edge.target]}")
    lines += [f"  {line}" for line in _classes(picture)]
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """Return a text as it stands between quotes: all that might mean something is a number."""
    return SPECIAL.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    letter = found.group()
    return BACKSLASH if letter == "\\" else f"#{ord(letter)};"


def _box(node: Node) -> str:
    if node.bundle:
        return f'(["{"<br/>".join(_lines(node))}"]):::{_class(look_of(node))}'
    text = escaped(short_name(node, MOST_LETTERS)) or " "
    below = escaped(shortened(caption(node), MOST_LETTERS))
    label = f'"{text}<br/>{below}"' if below else f'"{text}"'
    name = _class(look_of(node))
    if node.kind is Kind.FILE:
        return f"([{label}]):::{name}"
    if node.folded:
        return f"[[{label}]]:::{name}"
    return f"[{label}]:::{name}"


def _lines(node: Node) -> Iterator[str]:
    if node.name:
        yield escaped(shortened(shown(node.name), MOST_LETTERS))
    for name, said in listing(node, MOST_LETTERS):
        yield escaped(f"{name} ({said})" if said else name)


def _class(look: Look) -> str:
    return look.name.replace(" ", "_")


def _classes(picture: Picture) -> Iterator[str]:
    looks = {_class(look): look for look in (*LOOKS.values(), FILE, *map(look_of, picture.nodes))}
    used = {_class(look_of(node)) for node in picture.nodes}
    for name, look in looks.items():
        if name in used:
            dashes = DASHES.get(look.line, "")
            yield (
                f"classDef {name} fill:{look.fill},stroke:{look.border},"
                f"stroke-width:{look.width}px,color:#1B1F24{dashes}"
            )
