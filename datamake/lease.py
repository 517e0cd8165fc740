"""One builder a stage and its targets: taking the lease, waiting for who holds it, keeping it.

The lease is the attempt that is noted in the store as under way. One whose holder is dead is
taken over at once: on this host the process table tells, on another one a heartbeat that has
stopped. Commits check the lease in the transaction that makes them, so that one who lost it,
asleep for an hour perhaps, can't put anything in place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from datamake.model import Stage
from datamake.show.words import duration
from datamake.store import Store, Underway

POLL_SECONDS = 0.02
SLOWEST_POLL_SECONDS = 0.5

# How often a holder says that it lives, and how long it may be silent to waiters elsewhere.
HEARTBEAT_SECONDS = 10.0
SILENCE_SECONDS = 60.0


class WaitedTooLong(Exception):
    """Somebody else held a lease for longer than `--wait` allows."""


class Waiting:
    """Waits for leases. `limit` is in seconds; `say` hears one line for each that is waited for."""

    def __init__(self, store: Store, say: Callable[[str], None], limit: float | None) -> None:
        self._store = store
        self._say = say
        self._limit = limit

    def acquire(self, stage: Stage, underway: Underway) -> Underway | None:
        """Take a stage's lease; return the dead attempt that it was taken over from, if any.

        Raises WaitedTooLong.
        """
        started = time.monotonic()
        poll, watched = POLL_SECONDS, Watched()
        while (holder := self._store.acquire(stage, underway, watched.is_dead)) is not None:
            if watched.is_new(holder):
                self._say(f"waiting for {describe(holder)}")
            if self._limit is not None and time.monotonic() - started >= self._limit:
                raise WaitedTooLong(f"gave up waiting for {describe(holder)}")
            time.sleep(poll)
            poll = min(poll * 1.5, SLOWEST_POLL_SECONDS)
        return watched.dead


class Watched:
    """What a waiter has seen of the holders of one lease."""

    def __init__(self) -> None:
        self.dead: Underway | None = None
        self._token = ""
        self._beat = 0.0
        self._since = 0.0

    def is_new(self, holder: Underway) -> bool:
        """Whether this holder has not been asked about before."""
        new = holder.token != self._token
        self._token = holder.token
        return new

    def is_dead(self, holder: Underway, beat: float) -> bool:
        """Whether nobody is left behind a lease; `beat` is what its last heartbeat said.

        The clocks of two hosts may differ, so silence is measured by the waiter's own.
        """
        dead = not holder.process.alive
        if not holder.process.here:
            if beat != self._beat or not self._since:
                self._beat, self._since = beat, time.monotonic()
            dead = time.monotonic() - self._since > SILENCE_SECONDS
        self.dead = holder if dead else None
        return dead


def describe(holder: Underway) -> str:
    """Return who holds a lease, and for how long, as people read it."""
    process = holder.process
    age = duration(max(0.0, time.time() - holder.since))
    return f"{holder.stage}: pid {process.pid} on host {process.host} has been building it for {age}"


class Heartbeat:
    """Says every few seconds, while a lease is held, that its holder lives."""

    def __init__(self, path: str, stage: Stage) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, args=(path, stage), name="heartbeat", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing more will be said."""
        self._stop.set()
        self._thread.join()

    def _beat(self, path: str, stage: Stage) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            store = Store.open(path)
            store.beat(stage)
            store.close()
