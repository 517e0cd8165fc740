"""How deep and how wide a picture is, and so in which direction it is best drawn."""

from __future__ import annotations

import math
from collections import Counter

from datamake.picture.model import Kind, Picture

# A box with its gap, in points, and the shape that suits a screen and a page.
BOX_WIDTH, BOX_HEIGHT = 190.0, 62.0
BEST_ASPECT = 1.5


def levels(picture: Picture, *, of_stages: bool = False) -> dict[str, int]:
    """Return how many nodes, or stages, lie above each node at the most, along the edges.

    Folded groups may need each other in a circle; the edge that closes it counts for nothing.
    """
    above: dict[str, list[str]] = {node.key: [] for node in picture.nodes}
    for edge in picture.edges:
        above[edge.target].append(edge.source)
    steps = {n.key: int(not of_stages or n.kind is not Kind.FILE) for n in picture.nodes}
    found: dict[str, int] = {}
    for node in picture.nodes:
        _measure(node.key, above, steps, found)
    return found


def _measure(
    first: str, above: dict[str, list[str]], steps: dict[str, int], found: dict[str, int]
) -> None:
    path, entered = [first], {first}
    while path:
        key = path[-1]
        following = next((k for k in above[key] if k not in found and k not in entered), None)
        if following is not None:
            path.append(following)
            entered.add(following)
            continue
        path.pop()
        if key not in found:
            found[key] = max((found[k] + steps[k] for k in above[key] if k in found), default=0)


def flow(picture: Picture) -> list[str]:
    """Return the keys upstream first, what follows from a node as near behind it as can be."""
    waits = dict.fromkeys((node.key for node in picture.nodes), 0)
    below: dict[str, list[str]] = {key: [] for key in waits}
    for edge in picture.edges:
        waits[edge.target] += 1
        below[edge.source].append(edge.target)
    done: dict[str, None] = {}
    for start in [*(key for key, count in waits.items() if not count), *waits]:
        ready = [] if start in done else [start]
        while ready:
            key = ready.pop()
            done[key] = None
            for following in reversed(below[key]):
                waits[following] -= 1
                if not waits[following] and following not in done:
                    ready.append(following)
    return list(done)


def direction(picture: Picture) -> str:
    """Return `LR` or `TB`, whichever comes nearer to the shape of a page."""
    per_level = Counter(levels(picture).values())
    depth, breadth = len(per_level) or 1, max(per_level.values(), default=1)
    across = depth * BOX_WIDTH / (breadth * BOX_HEIGHT)
    downwards = breadth * BOX_WIDTH / (depth * BOX_HEIGHT)
    return "LR" if _badness(across) <= _badness(downwards) else "TB"


def _badness(aspect: float) -> float:
    return abs(math.log(aspect / BEST_ASPECT))
