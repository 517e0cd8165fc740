"""A picture as one page of HTML that needs no other file, no script and no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from datamake.picture.as_image import svg
from datamake.picture.labels import caption, shown, summary
from datamake.picture.model import Kind, Node, Picture
from datamake.picture.palette import FILE, LOOKS, Look
from datamake.show import words

MOST_ROWS = 2_000

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --quiet: #57606a;
  --line: #d0d7de; --edge: #7a828c; --loud: #9a4300; }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, Helvetica, Arial, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; }
p { margin: 0 0 1rem; color: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: .6rem; margin: 0 0 1rem; padding: 0;
  list-style: none; }
.legend li { padding: .15rem .6rem; border-radius: .4rem; background: var(--fill);
  border: var(--width) var(--dash) var(--border); }
.picture { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: .5rem;
  padding: .5rem; }
.picture svg { display: block; margin: auto; }
.picture > svg > g > polygon { fill: var(--ground); }
.node text { fill: var(--ink); }
.node text[fill="#57606a"] { fill: var(--quiet); }
.node text[fill="#9a4300"] { fill: var(--loud); }
.node path, .node polygon { fill: var(--fill); stroke: var(--border); }
.node polyline { stroke: var(--border); }
.edge path { stroke: var(--edge); }
.edge polygon { fill: var(--edge); stroke: var(--edge); }
table { border-collapse: collapse; margin-top: 1.5rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th, td.number { white-space: nowrap; }
td:nth-child(3) { min-width: 14rem; }
td span { padding: 0 .5rem; border-radius: .4rem; background: var(--fill); white-space: nowrap;
  border: var(--width) var(--dash) var(--border); }
"""
DARK = """
:root { --ground: #14171b; --ink: #e6edf3; --quiet: #a5afba; --line: #3a424b; --edge: #8b949e;
  --loud: #ffb07c; }
"""


def page(picture: Picture) -> str:
    """Return a picture as a page with a legend and a table of the stages. Raises DrawingError."""
    drawn = re.sub(r"^<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg(picture, legend=False), flags=re.S)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="generator" content="datamake">',
            f"<title>Pipeline</title><style>{_style()}</style></head><body>",
            f"<h1>Pipeline</h1><p>{escape(summary(picture.counts()))}</p>",
            f'<ul class="legend">{"".join(_legend(picture))}</ul>',
            f'<div class="picture">{drawn}</div>',
            *_table(picture),
            "</body></html>",
            "",
        ]
    )


def _style() -> str:
    looks = [FILE, *LOOKS.values()]
    light = "\n".join(_rule(look, look.fill) for look in looks)
    dark = "\n".join(_rule(look, look.dark_fill) for look in looks)
    return f"{STYLE}{light}\n@media (prefers-color-scheme: dark) {{{DARK}{dark}\n}}"


def _rule(look: Look, fill: str) -> str:
    return (
        f".{look.name} {{ --fill: {fill}; --border: {look.border};"
        f" --dash: {look.line}; --width: {look.width}px; }}"
    )


def _legend(picture: Picture) -> Iterator[str]:
    for state, count in picture.counts().items():
        yield f'<li class="{LOOKS[state].name}">{count:,} {escape(state.value)}</li>'
    if any(node.kind is Kind.FILE for node in picture.nodes):
        yield f'<li class="{FILE.name}">file</li>'
    if any(edge.order for edge in picture.edges):
        yield "<li>dashed arrow: order only</li>"


def _table(picture: Picture) -> Iterator[str]:
    stages = [node for node in picture.nodes if node.kind is not Kind.FILE]
    yield "<table><thead><tr><th>Stage</th><th>State</th><th>Why</th><th>Took</th><th>About</th>"
    yield "</tr></thead><tbody>"
    for node in stages[:MOST_ROWS]:
        yield _row(node)
    yield "</tbody></table>"
    if len(stages) > MOST_ROWS:
        yield f"<p>and {len(stages) - MOST_ROWS:,} more</p>"


def _row(node: Node) -> str:
    state = "" if node.state is None else node.state.value
    name = "" if node.state is None else LOOKS[node.state].name
    why = caption(node) if node.folded else "; ".join(node.details)
    took = "" if node.seconds is None else words.duration(node.seconds)
    return (
        f'<tr><td>{escape(shown(node.name))}</td><td><span class="{name}">{escape(state)}</span>'
        f'</td><td>{escape(shown(why))}</td><td class="number">{escape(took)}</td>'
        f"<td>{escape(shown(node.doc))}</td></tr>"
    )
