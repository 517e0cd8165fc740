"""A picture as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from datamake.picture.model import Node, Picture

VERSION = 1


def as_json(picture: Picture) -> str:
    """Return a picture as JSON, with names as they are; `version` changes when the keys do."""
    content = {
        "version": VERSION,
        "stages": {state.value: count for state, count in picture.counts().items()},
        "nodes": [_node(node) for node in picture.nodes],
        "edges": [
            {"from": edge.source, "to": edge.target, "by": "order" if edge.order else "file"}
            for edge in picture.edges
        ],
    }
    # ASCII alone: file names may hold bytes that are no text, which UTF-8 has no place for.
    return json.dumps(content, indent=1) + "\n"


def _node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": node.key,
        "kind": node.kind.value,
        "name": node.name,
        "state": None if node.state is None else node.state.value,
        "details": list(node.details),
        "doc": node.doc,
        "seconds": node.seconds,
        "count": node.count,
    }
    if node.states:
        found["states"] = {state.value: count for state, count in node.states.items()}
    return found
