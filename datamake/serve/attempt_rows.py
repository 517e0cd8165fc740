"""The attempts of a run in rows: sub-tasks that ended alike, for the same reasons, in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

# So many attempts that are alike still have a row each.
FEW = 10
MOST_SHOWN = 200


class Row(Struct, frozen=True):
    """One attempt, or several that are alike at sub-tasks of one `task`, as `run_view` tells them.

    `kinds` are the kinds of their reasons.
    """

    attempts: Sequence[dict[str, Any]]
    task: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def shown(self) -> Sequence[dict[str, Any]]:
        """Those of them that a page has room for."""
        return self.attempts[:MOST_SHOWN]

    @property
    def state(self) -> str:
        """How they ended."""
        return str(self.attempts[0]["state"])

    @property
    def seconds(self) -> float:
        """How long they took together."""
        return sum(float(one["seconds"]) for one in self.attempts)


def rows(attempts: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Yield the rows of attempts; several that are alike stand where the first of them would."""
    alike: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in attempts:
        task, colon, _ = one["stage"].partition(":")
        kinds = tuple(one["reason_counts"])
        # What is no sub-task is like nothing else.
        key = (task, one["state"], kinds) if colon else (one["id"],)
        alike.setdefault(key, []).append(one)
    for key, found in alike.items():
        if len(found) > FEW and len(key) == 3:
            yield Row(found, key[0], key[2])
        else:
            yield from (Row([one]) for one in found)
