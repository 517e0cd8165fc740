"""One builder a stage and its targets: taking the lease, and waiting for who holds it.

The lease is the attempt that the store notes as under way. One whose holder is dead is taken over
at once: on this machine the process table tells, elsewhere a heartbeat that has stopped. Results
are put in place in a transaction that checks the lease, so that one who lost it, asleep for an
hour perhaps, can't put anything in place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec import Struct

from datamake.model import Stage
from datamake.show.words import duration
from datamake.store import Store, Underway

POLL_SECONDS = 0.02
SLOWEST_POLL_SECONDS = 0.5

# How often a holder says that it lives, and how long it may be silent to waiters elsewhere.
HEARTBEAT_SECONDS = 10.0
SILENCE_SECONDS = 60.0


class WaitedTooLongError(Exception):
    """Somebody else held a lease for longer than `--wait` allows."""


class Lease(Struct, frozen=True):
    """A lease that was taken, with the version of the record that was found under it.

    `dead` is the attempt, if any, that it was taken over from.
    """

    version: int
    dead: Underway | None = None


class Waiting:
    """Takes leases, and waits for those that others hold.

    `say` hears one line for each holder that is waited for. `limit` is in seconds.
    """

    def __init__(self, store: Store, say: Callable[[str], None], limit: float | None) -> None:
        self._store = store
        self._say = say
        self._limit = limit

    def acquire(self, stage: Stage, mine: Underway) -> Lease:
        """Take a stage's lease. Raises WaitedTooLongError."""
        started, poll, watched = time.monotonic(), POLL_SECONDS, Watched()
        while True:
            taken = self._store.acquire(stage, mine, watched.is_dead)
            if taken.holder is None:
                return Lease(taken.version, taken.dead)
            if watched.is_new(taken.holder):
                self._say(f"waiting for {describe(taken.holder)}")
            if self._limit is not None and time.monotonic() - started >= self._limit:
                raise WaitedTooLongError(f"gave up waiting for {describe(taken.holder)}")
            time.sleep(poll)
            poll = min(poll * 1.5, SLOWEST_POLL_SECONDS)


class Watched:
    """What a waiter has seen of the holders of one lease."""

    def __init__(self) -> None:
        self._token = ""
        self._beat: float | None = None
        self._since = 0.0

    def is_new(self, holder: Underway) -> bool:
        """Whether this holder has not been asked about before."""
        new, self._token = holder.token != self._token, holder.token
        return new

    def is_dead(self, holder: Underway, beat: float | None) -> bool:
        """Whether nobody is left behind a lease; `beat` is what its last heartbeat said.

        The clocks of two machines may differ, so silence is measured by the waiter's own. A
        holder elsewhere that sends no heartbeat is never taken for dead.
        """
        alive = holder.process.alive
        if alive is not None:
            return not alive
        if beat != self._beat:
            self._beat, self._since = beat, time.monotonic()
        return beat is not None and time.monotonic() - self._since > SILENCE_SECONDS


def describe(holder: Underway) -> str:
    """Return who holds a lease, and for how long, as people read it."""
    process = holder.process
    age = duration(max(0.0, time.time() - holder.since))
    who = f"pid {process.pid} on host {process.host}"
    return f"{holder.stage}: {who} has been building it for {age}"


class Heartbeat:
    """Says every few seconds that the holder of a lease lives, for waiters on other machines."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held: tuple[Stage, str] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing more will be said."""
        self._stop.set()
        self._thread.join()

    def hold(self, stage: Stage, token: str) -> None:
        """Speak for this lease from now on."""
        self._held = stage, token

    def _run(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            if self._held is not None:
                store = Store.open(self._path)
                store.beat(*self._held)
                store.close()
