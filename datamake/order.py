"""In which order ready tasks are started: by the way that is still before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from doit.task import Task

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
    """The ready tasks of a run, as doit's nodes. `seconds` is how long tasks took earlier.

    One that builds a single task at a time takes them as they come, which is doit's order.
    """

    def __init__(
        self, tasks: Mapping[str, Task], seconds: Callable[[], Mapping[str, float]], size: int
    ) -> None:
        self._tasks = tasks
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
        if self._known != len(self._tasks):  # creators that run late bring tasks of their own
            self._update()
        return self._paths.get(name, 0.0)

    def _update(self) -> None:
        seconds = self._seconds()
        groups = [name for name, task in self._tasks.items() if not task._actions]
        times = expected(self._tasks, seconds, frozenset(groups))
        waits_for = {name: upstream(task) for name, task in self._tasks.items()}
        self._paths = longest_paths(times, waits_for)
        self._known = len(self._tasks)
        self._total = sum(times[name] for name in times if name in seconds)
