"""Which parts a picture shows: a selection, with what is up- and downstream of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datamake.picture.model import Part

EVERYTHING = 1 << 30


def around(
    selected: Iterable[str], parts: Mapping[str, Part], *, up: int, down: int
) -> dict[str, Part]:
    """Return the selected parts and those at most so many steps up- and downstream of them.

    The parts keep their order. To pass through a hidden part is no step.
    """
    starts = list(selected)
    found = _reached(starts, _upstream(parts), parts, up)
    if down:
        found |= _reached(starts, _downstream(parts), parts, down)
    return {name: part for name, part in parts.items() if name in found}


def _upstream(parts: Mapping[str, Part]) -> dict[str, list[str]]:
    return {
        name: [above for above in dict.fromkeys(part.upstream()) if above in parts]
        for name, part in parts.items()
    }


def _downstream(parts: Mapping[str, Part]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {name: [] for name in parts}
    for name, above in _upstream(parts).items():
        for other in above:
            below[other].append(name)
    return below


def _reached(
    starts: Iterable[str], following: Mapping[str, list[str]], parts: Mapping[str, Part], most: int
) -> set[str]:
    found = set(starts)
    frontier = list(found)
    for _ in range(most):
        reached = _step(frontier, following, parts, found)
        if not reached:
            break
        frontier = reached
    return found


def _step(
    frontier: Iterable[str],
    following: Mapping[str, list[str]],
    parts: Mapping[str, Part],
    found: set[str],
) -> list[str]:
    """Return the parts one step on that were not found yet, and add them to those found."""
    reached: list[str] = []
    left = list(frontier)
    while left:
        for name in following[left.pop()]:
            if name not in found:
                found.add(name)
                (left if parts[name].hidden else reached).append(name)
    return reached
