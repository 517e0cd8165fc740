"""Shows files that the same stages make and read as one box, which lists them."""

from __future__ import annotations

import os

import msgspec

from datamake.model import State
from datamake.picture.model import Kind, Node, Picture


def bundled(picture: Picture) -> Picture:
    """Return a picture with one box for all files that have the same arrows."""
    arrows: dict[str, list[tuple[str, bool]]] = {}
    for edge in picture.edges:
        arrows.setdefault(edge.target, []).append((edge.source, False))
        arrows.setdefault(edge.source, []).append((edge.target, True))
    alike: dict[object, list[Node]] = {}
    for node in picture.nodes:
        is_file = node.kind is Kind.FILE and not node.bundle
        place = frozenset(arrows.get(node.key, ())) if is_file else node.key
        alike.setdefault(place, []).append(node)
    nodes = tuple(_one(nodes) for nodes in alike.values())
    kept = {node.key for node in nodes}
    edges = tuple(edge for edge in picture.edges if {edge.source, edge.target} <= kept)
    return Picture(nodes, edges)


def _one(files: list[Node]) -> Node:
    first = files[0]
    if len(files) == 1:
        return first
    states = {file.state for file in files}
    worst = next((state for state in (State.ERROR, State.STALE) if state in states), None)
    return msgspec.structs.replace(
        first, name=folder_of(files), state=worst, brief="", details=(), bundle=tuple(files)
    )


def folder_of(files: list[Node]) -> str:
    """Return the folder that files share, with a slash; empty where they lie apart."""
    folders = {os.path.dirname(file.name) for file in files}
    folder = folders.pop() if len(folders) == 1 else ""
    return os.path.join(folder, "") if folder else ""
