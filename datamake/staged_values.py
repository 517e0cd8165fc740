"""Targets in the arguments of actions, replaced by their staged paths, and back in results."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from typing import Any

from datamake.model import StagedTarget
from datamake.staging import Staging

LISTS = (list, tuple, set, frozenset)
PLAIN = (list, tuple, dict)


def staged(staging: Staging, value: Any, around: tuple[int, ...] = ()) -> Any:
    """Return an argument with each target in it replaced by its staged path.

    Looks at str and Path, and inside lists, tuples, sets and dicts, also where they are of a class
    of their own. What holds no target is returned itself. `around` are the ids of the containers
    that it stands in.
    """
    if type(value) in PLAIN and not value:
        return value
    target = staging.find(value)
    if target is not None:
        return value if target.in_place else type(value)(target.handed)
    if not any(True for _ in handed_in(staging, value, around)):
        return value
    around = (*around, id(value))
    if isinstance(value, Mapping):
        return _with(value, {key: staged(staging, item, around) for key, item in value.items()})
    items = [staged(staging, item, around) for item in value]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def handed_in(staging: Staging, value: Any, around: tuple[int, ...] = ()) -> Iterator[StagedTarget]:
    """Yield each target that an argument spells, alone or inside a container.

    `around` are the ids of the containers that it stands in: one may hold itself.
    """
    if type(value) in PLAIN and not value:
        return
    target = staging.find(value)
    if target is not None:
        yield target
    elif id(value) in around:
        return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from handed_in(staging, item, (*around, id(value)))
    elif isinstance(value, LISTS):
        for item in value:
            yield from handed_in(staging, item, (*around, id(value)))


def unstaged(staging: Staging, value: Any) -> Any:
    """Return a text, or what holds texts, with targets in the place of staged paths."""
    if isinstance(value, str):
        if staging.token not in value:
            return value
        for target in staging.targets.values():
            value = value.replace(target.staged, os.path.normpath(target.name))
        return value.replace(os.path.join(staging.token, ""), "")
    if isinstance(value, dict):
        return {unstaged(staging, key): unstaged(staging, item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(unstaged(staging, item) for item in value)
    return value


def _with(value: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    if type(value) is dict or not isinstance(value, dict):
        return items
    changed = copy.copy(value)
    changed.update(items)
    return changed
