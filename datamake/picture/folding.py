"""Folds many sub-tasks of a group, and many files that are used alike, into one node each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from datamake.picture.model import Part

LIMIT = 50


class Place(Struct, frozen=True):
    """Where a file stands: the nodes that make it and those that read it.

    A file is `shared` when several stages that were folded into one node use it.
    """

    makers: tuple[str, ...]
    readers: tuple[str, ...]
    shared: bool


def stage_key(name: str) -> str:
    """Return the key of a stage's node."""
    return f"stage:{name}"


def group_key(name: str) -> str:
    """Return the key of the node into which the sub-tasks of a group were folded."""
    return f"group:{name}"


def file_key(name: str) -> str:
    """Return the key of a file's node, or that of a pattern of files."""
    return f"file:{name}"


def fold_stages(
    parts: Mapping[str, Part], limit: int, unfolded: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Map each part that is not hidden to the key of the node that shows it.

    Groups that are `unfolded` are shown with all their sub-tasks.
    """
    shown = [part for part in parts.values() if not part.hidden]
    members = Counter(part.group for part in shown if part.group and part.group not in unfolded)
    return {
        part.name: group_key(part.group) if members[part.group] > limit else stage_key(part.name)
        for part in shown
    }


def places(parts: Mapping[str, Part], key_of: Mapping[str, str]) -> dict[str, Place]:
    """Return where each file stands that a shown part reads or makes."""
    makers: dict[str, dict[str, None]] = {}
    readers: dict[str, dict[str, None]] = {}
    for name in key_of:
        part = parts[name]
        for path in part.makes:
            makers.setdefault(path, {})[name] = None
        for path, made_by in part.reads.items():
            readers.setdefault(path, {})[name] = None
            found = makers.setdefault(path, {})
            found.update((maker, None) for maker in made_by if maker in key_of)
    return {
        path: _place(makers.get(path, {}), readers.get(path, {}), key_of)
        for path in dict.fromkeys([*makers, *readers])
    }


def _place(makers: Iterable[str], readers: Iterable[str], key_of: Mapping[str, str]) -> Place:
    above, below = [key_of[name] for name in makers], [key_of[name] for name in readers]
    once = tuple(dict.fromkeys(above)), tuple(dict.fromkeys(below))
    return Place(*once, shared=len(once[0]) < len(above) or len(once[1]) < len(below))


def fold_files(found: Mapping[str, Place], folded: frozenset[str], limit: int) -> list[list[str]]:
    """Return the files in lots, each of which is one node.

    Files in the same place are one lot if there are more of them than `limit`, or if each is of
    one stage among those `folded` into a node.
    """
    alike: dict[Place, list[str]] = {}
    for path, place in found.items():
        alike.setdefault(place, []).append(path)
    lots: list[list[str]] = []
    for place, paths in alike.items():
        of_folded = not folded.isdisjoint((*place.makers, *place.readers))
        if (of_folded and not place.shared) or len(paths) > limit:
            lots.append(paths)
        else:
            lots.extend([path] for path in paths)
    return lots


def pattern(paths: Sequence[str]) -> str:
    """Return what several paths have in common, with a star for what they have not."""
    if len(paths) == 1:
        return paths[0]
    start = _common_start(paths)
    shortest = min(len(path) for path in paths) - len(start)
    end = _common_start([path[len(path) - shortest :][::-1] for path in paths])[::-1]
    return f"{start}*{end}"


def _common_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((i for i, (one, other) in pairs if one != other), len(first))]
