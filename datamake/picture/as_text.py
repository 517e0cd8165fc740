"""A picture as an outline for the terminal: stages as they would run, with their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datamake.model import State
from datamake.picture.labels import caption, short_name, shortened, shown, summary
from datamake.picture.layout import flow, levels
from datamake.picture.model import Kind, Node, Picture
from datamake.show import words

STATE_WIDTH = max(len(state.value) for state in State) + 2
MOST_LEVELS = 8
MOST_FILES = 6
UNBOUNDED = 1 << 20

RESET, BOLD = "\033[0m", "\033[1m"
COLOURS = {
    State.FRESH: "\033[32m",
    State.STALE: "\033[1;31m",
    State.WAITS: "\033[33m",
    State.IGNORED: "\033[2m",
    State.ERROR: "\033[1;35m",
    State.GROUP: "\033[34m",
}


def outline(picture: Picture, *, width: int | None = None, coloured: bool = False) -> str:
    """Return a picture as lines of at most `width` characters; None cuts nothing."""
    below = _Indentation(picture)
    lines: list[str] = []
    for node in (below.nodes[key] for key in flow(picture)):
        if node.kind is not Kind.FILE:
            lines.append(_stage(node, below.of(node), width, coloured))
            lines += _around(below, node, width)
    lines.append(summary(picture.counts()))
    return "\n".join([*lines, ""])


class _Indentation:
    """What stands around each stage, and how far it is moved to the right."""

    def __init__(self, picture: Picture) -> None:
        self.nodes = {node.key: node for node in picture.nodes}
        self.sources: dict[str, list[str]] = {}
        self.targets: dict[str, list[str]] = {}
        for edge in picture.edges:
            self.sources.setdefault(edge.target, []).append(edge.source)
            self.targets.setdefault(edge.source, []).append(edge.target)
        self._levels = levels(picture, of_stages=True)

    def of(self, node: Node) -> str:
        """Return the blanks before a stage: two a step downstream, as far as there is room."""
        return "  " * min(self._levels[node.key], MOST_LEVELS)


def _stage(node: Node, indent: str, width: int | None, coloured: bool) -> str:
    state = "" if node.state is None else node.state.value
    name = shown(node.name)
    said = _said(node)
    if width is not None:
        room = width - STATE_WIDTH - len(indent)
        name = shortened(name, room)
        said = shortened(said, room - len(name) - 2) if room - len(name) > 12 else ""
    word = f"{state:{STATE_WIDTH}}"
    if coloured and node.state is not None:
        word, name = f"{COLOURS[node.state]}{word}{RESET}", f"{BOLD}{name}{RESET}"
    return f"{word}{indent}{name}  {said}".rstrip()


def _said(node: Node) -> str:
    if node.folded:
        return f"({caption(node)})"
    lasted = "" if node.seconds is None else words.duration(node.seconds)
    return shown("; ".join(part for part in (lasted, *node.details) if part))


def _around(around: _Indentation, node: Node, width: int | None) -> Iterator[str]:
    """Yield a line for each file, and one for the stages that come first without a file."""
    blanks = " " * STATE_WIDTH + around.of(node) + "  "
    above = [around.nodes[key] for key in around.sources.get(node.key, ())]
    below = [around.nodes[key] for key in around.targets.get(node.key, ())]
    stages = [shown(other.name) for other in above if other.kind is not Kind.FILE]
    room = (width or UNBOUNDED) - len(blanks) - 2
    lines = [f"← {text}" for text in _files(filter(_is_file, above), room)]
    if stages:
        lines.append(f"← {words.listed(stages, 6)}")
    lines += [f"→ {text}" for text in _files(filter(_is_file, below), room)]
    for line in lines:
        yield blanks + (line if width is None else shortened(line, width - len(blanks)))


def _is_file(node: Node) -> bool:
    return node.kind is Kind.FILE


def _files(nodes: Iterable[Node], room: int) -> Iterator[str]:
    files = list(nodes)
    for node in files[:MOST_FILES]:
        said = f" ({caption(node)})" if caption(node) else ""
        yield short_name(node, max(room - len(said), 8)) + said
    if len(files) > MOST_FILES:
        yield f"and {len(files) - MOST_FILES:,} more files"
