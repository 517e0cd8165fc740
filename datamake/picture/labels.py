"""What stands in and behind a box, as text that any format can take once it is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from datamake.model import State
from datamake.picture.model import Kind, Node
from datamake.show import words

MOST_LINES = 6

# Control characters, what changes the direction of writing, and what XML has no place for.
UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")


def shown(text: str) -> str:
    """Return a text in one line that can be encoded, with escapes for what can't be shown."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return UNSHOWABLE.sub(lambda found: repr(found.group())[1:-1], text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters, with an ellipsis in its middle."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}" if end else text[:most]


def short_name(node: Node, most: int) -> str:
    """Return what a node is called in at most so many characters; of a path, its end counts."""
    name = shown(node.name)
    if node.kind is Kind.FILE and len(name) > most:
        name = next(
            (f"…/{name[i + 1 :]}" for i in _slashes(name) if len(name) - i < most),
            shortened(name, most),
        )
    return shortened(name, most)


def _slashes(path: str) -> list[int]:
    """Return where a path has its slashes, but for one at its end."""
    return [i for i, letter in enumerate(path[:-1]) if letter == "/"]


def listing(node: Node, most: int) -> list[tuple[str, str]]:
    """Return the lines of a box that lists files: a name, and what is to be said of it.

    Those of which something is to be said come first. The folder that they share is left out.
    """
    files = sorted(node.bundle, key=lambda file: file.state is None)
    start = len(node.name)
    cut = [msgspec.structs.replace(file, name=file.name[start:]) for file in files]
    lines = [(short_name(file, most), caption(file)) for file in cut[:MOST_LINES]]
    if len(files) > MOST_LINES:
        lines.append((f"and {len(files) - MOST_LINES:,} more", ""))
    return lines


def caption(node: Node) -> str:
    """Return the second line of a box, empty where there is nothing to say."""
    if node.kind is Kind.FILE:
        files = f"{node.count:,} files" if node.folded else ""
        return shown(", ".join(word for word in (files, node.brief) if word))
    said = _folded(node) if node.folded else _stage(node)
    if node.seconds is not None:
        said = f"{said} · {words.duration(node.seconds)}"
    return shown(said)


def _stage(node: Node) -> str:
    state = "group" if node.state is None else node.state.value
    return f"{state}: {node.brief}" if node.brief else state


def _folded(node: Node) -> str:
    """Return how many there are, and how many are not up to date: `1,000; 3 stale`."""
    odd = {state: count for state, count in node.states.items() if state is not State.FRESH}
    said = ", ".join(f"{count:,} {state.value}" for state, count in odd.items())
    return f"{node.count:,}; {said or State.FRESH.value}"


def hover(node: Node) -> str:
    """Return what is said of a node when one points at it, in lines."""
    files = [" ".join((file.name, *file.details)) for file in node.bundle]
    name = () if files else (node.name,)
    lines: Iterable[str] = (*name, node.doc, caption(node), *node.details[:20], *files[:20])
    return "\n".join(shown(line) for line in dict.fromkeys(lines) if line)


def summary(counts: dict[State, int]) -> str:
    """Return how many stages there are, and in which states."""
    total = sum(counts.values())
    states = ", ".join(f"{count:,} {state.value}" for state, count in counts.items())
    noun = "stage" if total == 1 else "stages"
    return f"{total:,} {noun}: {states}" if total else "no stages"
