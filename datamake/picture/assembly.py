"""Puts a picture together from parts and their judgements: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from datamake.model import Reason, State, Why
from datamake.picture.folding import (
    LIMIT,
    Place,
    file_key,
    fold_files,
    fold_stages,
    pattern,
    places,
)
from datamake.picture.model import Edge, Judged, Kind, Node, Part, Picture
from datamake.show import words

# Of several stages, the one that is furthest from done says how they stand together.
LEAST_FRESH_FIRST = (State.ERROR, State.STALE, State.WAITS, State.IGNORED)

OF_FILES = {
    Why.TARGET_MISSING: "missing",
    Why.TARGET_CHANGED: "changed",
    Why.INPUT_CHANGED: "changed",
    Why.INPUT_MISSING: "missing",
}


class Wish(Struct, frozen=True):
    """What a picture is to show: files or not, and how many of a kind before they are folded.

    Groups that are `unfolded` are not folded, however many sub-tasks they have.
    """

    files: bool = True
    limit: int = LIMIT
    unfolded: frozenset[str] = frozenset()


def assemble(
    parts: Mapping[str, Part], judged: Mapping[str, Judged], wish: Wish | None = None
) -> Picture:
    """Return the picture of parts, upstream first, each of which that is shown was judged."""
    wish = wish or Wish()
    key_of = fold_stages(parts, wish.limit, wish.unfolded)
    members: dict[str, list[str]] = {}
    for name, key in key_of.items():
        members.setdefault(key, []).append(name)
    nodes = [_stage_node(key, names, parts, judged) for key, names in members.items()]
    edges: dict[Edge, None] = {}
    if wish.files:
        found = places(parts, key_of)
        folded = frozenset(node.key for node in nodes if node.folded)
        lots = fold_files(found, folded, wish.limit)
        keys = _keys(lots)
        nodes.extend(_file_nodes(zip(keys, lots, strict=True), _complaints(key_of, judged)))
        for key, lot in zip(keys, lots, strict=True):
            edges.update(dict.fromkeys(_file_edges(key, found[lot[0]])))
    direct = dict.fromkeys(_direct_edges(parts, key_of))
    if not wish.files:
        edges.update(direct)
    edges.update(dict.fromkeys(_order_edges(parts, key_of, direct)))
    return Picture(tuple(nodes), tuple(edges))


def least_fresh(states: Iterable[State]) -> State:
    """Return the state of that stage of several which is furthest from done."""
    found = set(states)
    return next((state for state in LEAST_FRESH_FIRST if state in found), State.FRESH)


def _stage_node(
    key: str, names: list[str], parts: Mapping[str, Part], judged: Mapping[str, Judged]
) -> Node:
    first = parts[names[0]]
    if key.startswith("group:"):
        return _folded_node(key, names, parts, judged)
    verdict = judged[first.name]
    return Node(
        key=key,
        kind=Kind.GROUP if first.is_group else Kind.STAGE,
        name=first.name,
        state=verdict.state,
        brief=_brief(verdict.reasons),
        details=_details(verdict),
        doc=first.doc,
        seconds=verdict.seconds,
    )


def _folded_node(
    key: str, names: list[str], parts: Mapping[str, Part], judged: Mapping[str, Judged]
) -> Node:
    verdicts = [judged[name] for name in names]
    states = Counter(verdict.state for verdict in verdicts)
    known = [verdict.seconds for verdict in verdicts if verdict.seconds is not None]
    reasons = [reason for verdict in verdicts for reason in verdict.reasons]
    group = parts[names[0]].group
    return Node(
        key=key,
        kind=Kind.GROUP,
        name=f"{group}:*",
        state=least_fresh(states),
        brief=_brief(reasons),
        details=tuple(f"{count:,} {state.value}" for state, count in states.items()),
        doc=parts[group].doc if group in parts else "",
        seconds=sum(known) if known else None,
        count=len(names),
        states=dict(states),
    )


def _brief(reasons: Iterable[Reason]) -> str:
    kinds = list(dict.fromkeys(reason.why.value for reason in reasons))
    more = f" and {len(kinds) - 1} more" if len(kinds) > 1 else ""
    return f"{kinds[0]}{more}" if kinds else ""


def _details(verdict: Judged) -> tuple[str, ...]:
    waits = (words.waits_for(verdict.waits_for),) if verdict.waits_for else ()
    return (*(str(reason) for reason in verdict.reasons), *waits)


def _complaints(names: Iterable[str], judged: Mapping[str, Judged]) -> dict[str, Reason]:
    """Map files to the first reason that says something of them."""
    found: dict[str, Reason] = {}
    for name in names:
        for reason in judged[name].reasons:
            if reason.why in OF_FILES:
                found.setdefault(reason.subject, reason)
    return found


def _keys(lots: Iterable[list[str]]) -> list[str]:
    """Return a key for each lot of files; two lots may have the same pattern."""
    keys: dict[str, None] = {}
    for lot in lots:
        key, number = file_key(pattern(lot)), 1
        while key in keys:
            number += 1
            key = f"{file_key(pattern(lot))} ({number})"
        keys[key] = None
    return list(keys)


def _file_nodes(
    lots: Iterable[tuple[str, list[str]]], complaints: Mapping[str, Reason]
) -> Iterator[Node]:
    for key, paths in lots:
        reasons = [complaints[path] for path in paths if path in complaints]
        state = None
        if reasons:
            missing = any(reason.why is Why.INPUT_MISSING for reason in reasons)
            state = State.ERROR if missing else State.STALE
        said = Counter(OF_FILES[reason.why] for reason in reasons)
        several = len(paths) > 1
        brief = ", ".join(f"{count:,} {word}" if several else word for word, count in said.items())
        details = (brief,) if brief else ()
        yield Node(key, Kind.FILE, pattern(paths), state, brief, details, count=len(paths))


def _file_edges(key: str, place: Place) -> Iterator[Edge]:
    for maker in place.makers:
        yield Edge(maker, key)
    for reader in place.readers:
        if reader not in place.makers:  # the files that folded stages hand to each other
            yield Edge(key, reader)


def _direct_edges(parts: Mapping[str, Part], key_of: Mapping[str, str]) -> Iterator[Edge]:
    for name, key in key_of.items():
        for makers in parts[name].reads.values():
            for maker in makers:
                if maker in key_of and key_of[maker] != key:
                    yield Edge(key_of[maker], key)


def _order_edges(
    parts: Mapping[str, Part], key_of: Mapping[str, str], by_file: Mapping[Edge, None]
) -> Iterator[Edge]:
    through: dict[str, tuple[str, ...]] = {}
    for name, key in key_of.items():
        for need in parts[name].needs:
            for source in _shown(need, parts, key_of, through):
                if source != key and Edge(source, key) not in by_file:
                    yield Edge(source, key, order=True)


def _shown(
    name: str,
    parts: Mapping[str, Part],
    key_of: Mapping[str, str],
    through: dict[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the nodes that show a part, or what a hidden one stands for."""
    if name in key_of:
        return (key_of[name],)
    if name not in parts:
        return ()
    if name not in through:
        through[name] = ()
        found = (key for need in parts[name].needs for key in _shown(need, parts, key_of, through))
        through[name] = tuple(dict.fromkeys(found))
    return through[name]
