"""How a run stands: what is done, what is running and for how long, and how much is left."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from datamake.forecast import Expected, Outlook, Underway
from datamake.show import events


class Running(Struct):
    """A stage on its way since `since`; `usual` is how many seconds it took the last time.

    `waits_for` is "" unless it waits. Of `total` units of its work `done` are done, as far as it
    says so.
    """

    stage: str
    since: float
    usual: float | None = None
    waits_for: str = ""
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    says: bool = False
    has_terminal: bool = False

    def left(self, now: float) -> float:
        """Return how many seconds it still needs, as far as that is known."""
        took = now - self.since
        if self.total and self.done > 0:
            return max(0.0, took * (self.total - self.done) / self.done)
        return max(0.0, (self.usual or 0.0) - took)


class Standing:
    """How a run stands, by its events and a monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.begun = clock()
        self.running: dict[str, Running] = {}
        self.looked_at = ""
        self.total = self.done = self.failed = 0
        self._known: frozenset[str] = frozenset()
        self._ended: set[str] = set()
        self._outlook: Outlook | None = None

    def expect(self, expected: Expected) -> None:
        """Hear how long stages will take."""
        self._outlook = Outlook(expected)
        self._known = expected.stages

    def hear(self, event: events.Event) -> None:
        """Take in what happened."""
        match event:
            case events.RunBegun():
                self.total = event.stages
            case events.LookedAt():
                self.looked_at = event.stage
                if event.stage not in self._known:  # it came up during the run
                    self._known |= {event.stage}
                    self.total += 1
            case events.Begun():
                has, usual = event.has_terminal, event.usual
                now = self.clock()
                self.running[event.stage] = Running(event.stage, now, usual, has_terminal=has)
            case events.Waiting() if event.stage in self.running:
                self._waits(self.running[event.stage], f"pid {event.pid} on host {event.host}")
            case events.Waited() if event.stage in self.running:
                self._waits(self.running[event.stage], "")
            case events.Progress() if event.stage in self.running:
                running = self.running[event.stage]
                running.done, running.total, running.unit = event.done, event.total, event.unit
                running.says = True
            case events.Built():
                self._end(event.stage, event.seconds)
            case events.Fresh() | events.Ignored() | events.NotRun() | events.Stopped():
                self._end(event.stage)
            case events.Failed():
                self.failed += 1
                self._end(event.stage)

    def left(self) -> float | None:
        """Return how many seconds the run still needs; None where nothing is known of that."""
        if self._outlook is None:
            return None
        now = self.clock()
        running = {
            one.stage: Underway(now - one.since, one.left(now))
            for one in self.running.values()
            if not one.waits_for
        }
        return self._outlook.seconds(running)

    def _waits(self, running: Running, for_what: str) -> None:
        running.since = self.clock()
        running.waits_for = for_what

    def _end(self, stage: str, seconds: float | None = None) -> None:
        self.running.pop(stage, None)
        if stage not in self._known or stage in self._ended:  # a group, or a second look
            return
        self._ended.add(stage)
        self.done += 1
        if self._outlook is not None:
            self._outlook.ended(stage, seconds)
