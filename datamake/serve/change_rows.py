"""What differs between two runs in rows: sub-tasks that differ alike in one, changes as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from datamake.serve.attempt_rows import FEW
from datamake.show.origins import short_state

# Kinds of changes that a stage has lists of, in the words in which one of them is told.
KINDS = {"arguments": "argument", "inputs": "input", "outputs": "output"}


class Differing(Struct, frozen=True):
    """One stage that differs, or several that differ alike: sub-tasks of one `task`."""

    stages: Sequence[Mapping[str, Any]]
    task: str = ""


class Entry(Struct, frozen=True):
    """One change: what it is, of what, and both sides of it; None for a side that has none."""

    what: str
    name: str
    before: str | None = None
    after: str | None = None


def differing(stages: Iterable[Mapping[str, Any]]) -> Iterator[Differing]:
    """Yield stages as a page shows them; those that differ alike where the first of them would."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for number, one in enumerate(stages):
        task, colon, _ = one["stage"].partition(":")
        alike.setdefault((task, *_manner(one)) if colon else (number,), []).append(one)
    for key, found in alike.items():
        if len(found) > FEW:
            yield Differing(found, key[0])
        else:
            yield from (Differing([one]) for one in found)


def _manner(stage: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return in which manner a stage differs: in which code, and of which kinds the rest is."""
    sides = tuple(side and side["state"] for side in (stage["before"], stage["after"]))
    code = tuple((change["name"], change["diff"]) for change in stage["code"])
    return sides, code, stage["parameters"] is None, *(not stage[kind] for kind in KINDS)


def entries(stage: Mapping[str, Any]) -> list[Entry]:
    """Return what differs of a stage besides how it ended and the text of its code."""
    found = []
    parameters = stage["parameters"]
    if parameters is not None:
        found.append(Entry("parameters", "", parameters["before"], parameters["after"]))
    found += [Entry(f"action {_verb(one)}", one["name"]) for one in stage["code"]]
    for kind, word in KINDS.items():
        text = str if kind == "arguments" else short_state
        for one in stage[kind]:
            sides = [None if side is None else text(side) for side in (one["before"], one["after"])]
            found.append(Entry(f"{word} {_verb(one)}", one["name"], *sides))
    return found


def _verb(change: Mapping[str, Any]) -> str:
    if change["before"] is None:
        return "added"
    return "removed" if change["after"] is None else "changed"
