"""Says every few seconds that who holds leases lives, for waiters on other machines."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection
from contextlib import suppress

from datamake.store_schema import StoreError

HEARTBEAT_SECONDS = 10.0


class Heartbeat:
    """Calls `beat` with all held tokens, every `interval` seconds, in a thread of its own.

    It runs from the first `hold` to `stop`.
    """

    def __init__(
        self, beat: Callable[[Collection[str]], None], interval: float = HEARTBEAT_SECONDS
    ) -> None:
        self._beat = beat
        self._interval = interval
        self._held: frozenset[str] = frozenset()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self, token: str) -> None:
        """Speak for the lease with this token from now on."""
        self._held |= {token}
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def let_go(self, token: str) -> None:
        """Speak for this lease no more."""
        self._held -= {token}

    def stop(self) -> None:
        """End, and wait until nothing more will be said."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            # What can't be said now may be said the next time.
            with suppress(StoreError, sqlite3.Error, OSError):
                if self._held:
                    self._beat(self._held)
