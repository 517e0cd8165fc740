"""Which of the ready stages is started next: the one with the longest way still before it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from statistics import median
from typing import Generic, TypeVar

# A stage that was never built takes as long as the others do, and these some time.
UNKNOWN_SECONDS = 1.0

Item = TypeVar("Item")
Name = TypeVar("Name", bound=Hashable)


def expected(
    names: Iterable[Name], seconds: Mapping[Name, float], free: Collection[Name] = ()
) -> dict[Name, float]:
    """Return how long each stage will take, by how long earlier runs took, in seconds.

    One that is not known takes as long as the median of those that are. Those that are `free`
    take no time: groups, and what was found fresh.
    """
    names = list(names)
    known = [seconds[name] for name in names if name in seconds]
    unknown = median(known) if known else UNKNOWN_SECONDS
    return {name: 0.0 if name in free else seconds.get(name, unknown) for name in names}


def longest_paths(
    seconds: Mapping[Name, float], upstream: Mapping[Name, Iterable[Name]]
) -> dict[Name, float]:
    """Return for each stage the longest time from its start to the end of what waits for it.

    `upstream` says what each stage waits for; names that have no time are passed over, and what
    goes round in a circle counts once.
    """
    waiting: dict[Name, list[Name]] = {name: [] for name in seconds}
    left = dict.fromkeys(seconds, 0)
    for name in seconds:
        for other in set(upstream.get(name, ())):
            if other in waiting:
                waiting[other].append(name)
                left[other] += 1
    paths = dict(seconds)
    ends = [name for name, count in left.items() if not count]
    while ends:
        name = ends.pop()
        for other in set(upstream.get(name, ())):
            if other in left:
                paths[other] = max(paths[other], seconds[other] + paths[name])
                left[other] -= 1
                if not left[other]:
                    ends.append(other)
    return paths


def makespan(
    seconds: Mapping[Name, float], upstream: Mapping[Name, Iterable[Name]], at_once: int
) -> float:
    """Return how long it takes to build stages, so many at once, those with a long way first.

    `upstream` says what each stage waits for. What goes round in a circle is left out.
    """
    paths = longest_paths(seconds, upstream)
    waits_for = {
        name: {other for other in upstream.get(name, ()) if other in seconds} for name in seconds
    }
    behind: dict[Name, list[Name]] = {name: [] for name in seconds}
    for name, others in waits_for.items():
        for other in others:
            behind[other].append(name)
    ready: Ready[Name] = Ready()
    for name, others in waits_for.items():
        if not others:
            ready.add(name, paths[name])
    now, running = 0.0, list[tuple[float, int, Name]]()
    count = 0
    while running or len(ready):
        while len(running) < at_once and len(ready):
            name = ready.pop()
            count += 1
            heapq.heappush(running, (now + seconds[name], count, name))
        now, _, ended = heapq.heappop(running)
        for name in behind[ended]:
            waits_for[name].discard(ended)
            if not waits_for[name]:
                ready.add(name, paths[name])
    return now


class Ready(Generic[Item]):
    """The stages that may be started. Of two with ways of one length the older one is first."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, item: Item, path: float) -> None:
        """Add one, with the length of the way that begins with it."""
        self._count += 1
        heapq.heappush(self._heap, (-path, self._count, item))

    def pop(self) -> Item:
        """Take out the one with the longest way. Raises IndexError if there is none."""
        return heapq.heappop(self._heap)[2]

    def take(self, fits: Callable[[Item], bool]) -> Item | None:
        """Take out the one with the longest way of those that fit; None if none does."""
        passed = []
        taken = None
        while self._heap:
            entry = heapq.heappop(self._heap)
            if fits(entry[2]):
                taken = entry[2]
                break
            passed.append(entry)
        for entry in passed:
            heapq.heappush(self._heap, entry)
        return taken
