"""The part of the graph that somebody asks for, as it stands now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from datamake.model import State
from datamake.picture.assembly import Wish, assemble
from datamake.picture.bundling import bundled
from datamake.picture.folding import LIMIT, fold_stages, group_key
from datamake.picture.labels import caption, shown
from datamake.picture.model import Kind, Node, Part, Picture
from datamake.picture.parts import with_members
from datamake.picture.selection import EVERYTHING, around
from datamake.serve.left_out import MANY_NODES, MOST_NODES, LeftOut
from datamake.serve.snapshot import FAILED, RUNNING, Snapshot

SMALLER = (10, 2)

# Of several stages, the one that most wants to be looked at says how they stand together.
WORST_FIRST = (
    FAILED,
    RUNNING,
    State.ERROR.value,
    State.STALE.value,
    State.WAITS.value,
    State.IGNORED.value,
)


class Query(Struct, frozen=True):
    """Which part of the graph: around a stage, so many steps up and down, or all.

    `unfolded` are groups to be shown with all their sub-tasks; `stages` leaves the files out, and
    `files` shows them even where there are many.
    """

    stage: str = ""
    up: int = EVERYTHING
    down: int = EVERYTHING
    unfolded: frozenset[str] = frozenset()
    stages: bool = False
    files: bool = False


class View(Struct, frozen=True):
    """A picture to be drawn, without states, and the stages that each of its nodes shows.

    `wish` is what it shows, `left_out` what was asked for and would have been too much.
    """

    picture: Picture
    members: Mapping[str, tuple[str, ...]]
    wish: Wish
    left_out: LeftOut | None = None


def view(snapshot: Snapshot, query: Query) -> View:
    """Return what is to be drawn, folded further where that would be more than many boxes.

    Raises KeyError where the stage is not known.
    """
    parts = _selected(snapshot.parts, query)
    usual, *smaller = _wishes(query)
    whole = found = _view(snapshot, parts, usual)
    if len(whole.picture.nodes) <= (MOST_NODES if query.files else MANY_NODES):
        return whole
    for wish in smaller:
        found = _view(snapshot, parts, wish)
        if len(found.picture.nodes) <= MANY_NODES:
            break
    return structs.replace(found, left_out=_left_out(whole, found, query))


def _left_out(whole: View, found: View, query: Query) -> LeftOut | None:
    """Return what one view shows and the other does not, None where they show the same."""
    boxes = len(whole.picture.nodes)
    files = whole.wish.files and any(node.kind is Kind.FILE for node in whole.picture.nodes)
    folded = found.wish.limit if found.wish.limit < LIMIT else 0
    if len(found.picture.nodes) == boxes or not (files or folded):
        return None
    return LeftOut(files, boxes, folded, bool(query.stage))


def _selected(parts: Mapping[str, Part], query: Query) -> Mapping[str, Part]:
    if not query.stage:
        return parts
    if query.stage not in parts:
        raise KeyError(query.stage)
    return around(with_members([query.stage], parts), parts, up=query.up, down=query.down)


def _wishes(query: Query) -> list[Wish]:
    usual = Wish(not query.stages, LIMIT, query.unfolded)
    if query.unfolded:
        return [usual, Wish(files=False, limit=LIMIT, unfolded=query.unfolded)]
    without = [Wish(files=False, limit=limit) for limit in (LIMIT, *SMALLER)]
    return [usual, *without]


def _view(snapshot: Snapshot, parts: Mapping[str, Part], wish: Wish) -> View:
    picture = bundled(assemble(parts, snapshot.judged, wish))
    members: dict[str, list[str]] = {}
    for name, key in fold_stages(parts, wish.limit, wish.unfolded).items():
        members.setdefault(key, []).append(name)
    return View(picture, {key: tuple(names) for key, names in members.items()}, wish)


def worst(states: Iterable[str]) -> str:
    """Return the state of that stage of several which most wants to be looked at."""
    found = set(states)
    return next((state for state in WORST_FIRST if state in found), State.FRESH.value)


def nodes(found: View, states: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the nodes of a view as they stand, for JSON."""
    return [_node(node, found.members.get(node.key, ()), states) for node in found.picture.nodes]


def edges(found: View) -> list[dict[str, str]]:
    """Return the edges of a view, for JSON."""
    return [
        {
            "from": shown(edge.source),
            "to": shown(edge.target),
            "by": "order" if edge.order else "file",
        }
        for edge in found.picture.edges
    ]


def _node(node: Node, members: tuple[str, ...], states: Mapping[str, str]) -> dict[str, Any]:
    state, counts = standing(node, members, states)
    is_stage = node.kind is not Kind.FILE
    group = node.key.removeprefix(group_key("")) if node.folded and is_stage else None
    said, details = caption(node), list(node.details)
    if node.folded and is_stage:
        said, details = folded_caption(counts), [f"{n:,} {state}" for state, n in counts.items()]
    elif is_stage:
        said = stage_caption(node, state)
        details = details if said != state or not node.brief else []
    return {
        "id": shown(node.key),
        "kind": node.kind.value,
        "label": node.name,
        "name": node.name,
        "state": state,
        "stage": node.name if is_stage and not node.folded else None,
        "group": group,
        "caption": said,
        "details": details,
        "doc": node.doc,
        "seconds": node.seconds,
        "count": node.count,
        "states": counts,
        "bundle": [file.name for file in node.bundle],
    }


def standing(
    node: Node, members: tuple[str, ...], states: Mapping[str, str]
) -> tuple[str, dict[str, int]]:
    """Return how a node stands now, and how many stages in each state a folded one shows."""
    if node.kind is Kind.FILE:
        return file_state(node), {}
    if node.folded:
        counts = Counter(states.get(name, State.FRESH.value) for name in members)
        return worst(counts), dict(counts)
    return states.get(node.name, State.GROUP.value if node.state is None else node.state.value), {}


def file_state(node: Node) -> str:
    """Return how a file stands: an input that is not there is missing, one that changed stale."""
    if node.state is None:
        return "source"
    return "missing" if node.state is State.ERROR else node.state.value


def stage_caption(node: Node, state: str) -> str:
    """Return what is said below the name of a stage: its state, and why if that is so still."""
    was = State.GROUP.value if node.state is None else node.state.value
    return f"{state}: {node.brief}" if node.brief and state in (was, FAILED) else state


def folded_caption(counts: Mapping[str, int]) -> str:
    """Return how many there are, and how many are not up to date: `1,000; 3 stale`."""
    odd = [f"{n:,} {state}" for state, n in counts.items() if n and state != State.FRESH.value]
    return f"{sum(counts.values()):,}; {', '.join(odd) or State.FRESH.value}"
