"""In which order ready tasks are started: by the way that is still before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from datamake.dispatch import Dispatcher
from datamake.graph import upstream
from datamake.schedule import Ready, expected, longest_paths

# Tasks are looked at for so long before the first is started, since a later one may have a longer
# way before it: a small part of what the run will take, as far as that is known.
SHARE_TO_LOOK_FIRST = 0.02
SHORTEST_LOOK_SECONDS = 0.05
LONGEST_LOOK_SECONDS = 2.0

# Afterwards that is for what has become ready meanwhile.
LOOK_SECONDS = 0.002


class Order:
    """The ready tasks that a dispatcher handed out. `seconds` is how long tasks took earlier.

    One that builds a single task at a time takes them as they come, which is doit's order.
    """

    def __init__(
        self, dispatcher: Dispatcher, seconds: Callable[[], Mapping[str, float]], size: int
    ) -> None:
        self._dispatcher = dispatcher
        self._seconds = seconds
        self._size = size
        self._paths: dict[str, float] = {}
        self._known = -1
        self._total = 0.0
        self._ready: Ready[Any] = Ready()
        self._looked = False

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, node: Any) -> None:
        """Add a node that is ready."""
        self._ready.add(node, self._path(node.task.name) if self._size > 1 else 0.0)

    def take(self, fits: Callable[[Any], bool]) -> Any:
        """Take out the node with the longest way of those that fit; None if none does."""
        return self._ready.take(fits)

    def look_seconds(self) -> float:
        """Return for how long to look for ready tasks before one of them is started."""
        if self._size == 1:
            return 0.0
        if self._looked:
            return LOOK_SECONDS
        self._looked = True
        self._update()
        share = SHARE_TO_LOOK_FIRST * self._total / self._size
        return min(max(share, SHORTEST_LOOK_SECONDS), LONGEST_LOOK_SECONDS)

    def _path(self, name: str) -> float:
        if self._known != self._dispatcher.created:
            self._update()
        return self._paths.get(name, 0.0)

    def _update(self) -> None:
        seconds, tasks = self._seconds(), self._dispatcher.tasks
        groups = [name for name, task in tasks.items() if not task._actions]
        times = expected(tasks, seconds, frozenset(groups))
        waits_for = {name: upstream(task) for name, task in tasks.items()}
        self._paths = longest_paths(times, waits_for)
        self._known = self._dispatcher.created
        self._total = sum(times[name] for name in times if name in seconds)
