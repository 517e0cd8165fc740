"""One builder a stage and its targets: taking the lease, and waiting for who holds it.

The lease is the attempt that the store notes as under way. One whose holder is dead is taken over
at once: on this machine the process table tells, elsewhere a heartbeat that has stopped. Results
are put in place in a transaction that checks the lease, so that one who lost it, asleep for an
hour perhaps, can't put anything in place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from msgspec import Struct

from datamake.heartbeat import HEARTBEAT_SECONDS
from datamake.model import Stage
from datamake.show.words import duration
from datamake.store import Store
from datamake.store_rows import Underway

POLL_SECONDS = 0.02
SLOWEST_POLL_SECONDS = 0.5

# How long a holder elsewhere may be silent: some heartbeats long, for slow networks.
SILENCE_SECONDS = 6 * HEARTBEAT_SECONDS


class WaitedTooLongError(Exception):
    """Somebody else held a lease for longer than `--wait` allows."""


class Pause(Struct, frozen=True):
    """What who builds a stage says when there is nothing to do for it for so many seconds."""

    seconds: float


class Lease(Struct, frozen=True):
    """A lease that was taken, with the version of the record that was found under it.

    `dead` is the attempt, if any, that it was taken over from.
    """

    version: int
    dead: Underway | None = None


class Waiting:
    """Takes leases, and waits for those that others hold.

    `tell` hears for each stage who holds its lease, each time that this is somebody new, and None
    when it has been taken. `limit` is in seconds.
    """

    def __init__(
        self, store: Store, tell: Callable[[str, Underway | None], None], limit: float | None
    ) -> None:
        self._store = store
        self._tell = tell
        self._limit = limit

    def acquire(self, stage: Stage, mine: Underway) -> Generator[Pause, Any, Lease]:
        """Take a stage's lease, with pauses while others hold it. Raises WaitedTooLongError."""
        started, poll, watched = time.monotonic(), POLL_SECONDS, Watched()
        while True:
            taken = self._store.leases.acquire(stage, mine, watched.is_dead)
            if taken.holder is None:
                if watched.anybody:
                    self._tell(stage.name, None)
                return Lease(taken.version, taken.dead)
            if watched.is_new(taken.holder):
                self._tell(stage.name, taken.holder)
            if self._limit is not None and time.monotonic() - started >= self._limit:
                raise WaitedTooLongError(f"gave up waiting for {describe(taken.holder)}")
            yield Pause(poll)
            poll = min(poll * 1.5, SLOWEST_POLL_SECONDS)


class Watched:
    """What a waiter has seen of the holders of one lease, by its own `clock`."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, silence: float = SILENCE_SECONDS
    ) -> None:
        self._clock = clock
        self._silence = silence
        self._token = ""
        self._heard: tuple[str, float | None] = "", None
        self._since = 0.0

    @property
    def anybody(self) -> bool:
        """Whether there has been a holder."""
        return bool(self._token)

    def is_new(self, holder: Underway) -> bool:
        """Whether this holder has not been asked about before."""
        new, self._token = holder.token != self._token, holder.token
        return new

    def is_dead(self, holder: Underway, beat: float | None) -> bool:
        """Whether nobody is left behind a lease; `beat` is what its last heartbeat said.

        The clocks of two machines may differ, so silence is measured by the waiter's own. A
        holder that sends no heartbeat has a file system of its own machine: if that was started
        anew since, or renamed, its holder is gone.
        """
        alive = holder.process.alive
        if alive is not None:
            return not alive
        if beat is None and holder.process.is_of_an_earlier_boot:
            return True
        if (holder.token, beat) != self._heard:
            self._heard, self._since = (holder.token, beat), self._clock()
        return beat is not None and self._clock() - self._since > self._silence


def describe(holder: Underway) -> str:
    """Return who holds a lease, and for how long, as people read it."""
    process = holder.process
    age = duration(max(0.0, time.time() - holder.since))
    who = f"pid {process.pid} on host {process.host}"
    return f"{holder.stage}: {who} has been building it for {age}"
