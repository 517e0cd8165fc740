"""Follows the store: what ended and what runs, and when the project is to be judged anew."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager

from datamake.database import Database
from datamake.model import AttemptState
from datamake.past import PastRun, RunState
from datamake.process import Process
from datamake.serve.holders import living, workers
from datamake.serve.live import Live
from datamake.serve.look import Looker, LookError
from datamake.serve.options import Options
from datamake.serve.sources import files_of, stamp
from datamake.store import Store
from datamake.store_schema import StoreError

POLL_SECONDS = 0.25
IDLE_SECONDS = 1.0
REOPEN_SECONDS = 0.25
FILES_SECONDS = 2.0

# A snapshot that is older is taken anew for who asks.
OLD_SECONDS = 5.0
BUSY_SECONDS = 60.0

# A run on another machine that has held no lease for so long has ended, or was killed.
SILENT_SECONDS = 30.0

# Between two snapshots at least this time passes, and this many times what the last one took.
LEAST_PAUSE = 1.0
PAUSE_FACTOR = 2.0
MOST_AT_ONCE = 10_000
MOST_RUNS = 20


class Follower:
    """Keeps a Live up to date from a thread, and has snapshots taken in another.

    `changed` is called, from either thread, when there is something new to tell.
    """

    def __init__(
        self, options: Options, live: Live, looker: Looker, changed: Callable[[], None]
    ) -> None:
        self._options = options
        self._live = live
        self._looker = looker
        self._changed = changed
        self._stop = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()
        self._path = options.store
        self._last, self._is_first = 0, True
        self._stamp, self._looked, self._taken = 0, 0.0, 0.0
        self._dirty = self._is_own_change = False
        self._heard: dict[int, float] = {}
        self._lock = threading.Lock()
        self.error = ""
        self.store_error = ""
        self.refreshing = True
        self.watched = False
        self.runs_now: frozenset[int] = frozenset()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._follow, "store"), (self._look, "snapshots"))
        ]

    @property
    def path(self) -> str:
        """Where the store lies."""
        return self._path

    def start(self) -> None:
        """Begin to follow."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End it, and a snapshot that is being taken."""
        self._stop.set()
        self._wanted.set()
        self._looker.stop()
        for thread in self._threads:
            thread.join()

    @property
    def has_store(self) -> bool:
        """Whether anything was recorded yet."""
        return os.path.exists(self._path)

    def watch(self, on: bool) -> None:
        """Say whether anybody looks: then edits are noticed, and states are asked for often."""
        self.watched = on

    # Snapshots ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Have the project judged anew, unless that was done a moment ago and nothing changed.

        While a run goes on, what it does is laid over the last snapshot, and it has the machine.
        """
        old = BUSY_SECONDS if self.runs_now else OLD_SECONDS
        if (self._dirty and not self.runs_now) or time.monotonic() - self._taken > old:
            self._wanted.set()

    def _look(self) -> None:
        while not self._stop.is_set():
            self._wanted.wait()
            self._wanted.clear()
            if self._stop.is_set():
                return
            began = time.monotonic()
            self._take()
            self._taken = time.monotonic()
            self._stop.wait(max(LEAST_PAUSE, PAUSE_FACTOR * (self._taken - began)))

    def _take(self) -> None:
        self._dirty, self.refreshing = False, True
        self._changed()
        self._stamp = self._stamped()
        try:
            snapshot = self._looker.take()
            with self._lock:
                if snapshot.store != self._path:
                    self._path, self._last = snapshot.store, 0
                self._live.look(snapshot, self._laid_over(snapshot.last_attempt))
            self.error = ""
        except (LookError, StoreError, sqlite3.Error) as error:
            self.error = str(error)
        # It remembers digests in the store: that is no news.
        self._is_own_change = True
        self.refreshing = False
        self._changed()

    def _laid_over(self, number: int) -> list[tuple[str, AttemptState]]:
        """Return the attempts behind one that were laid over the last snapshot already."""
        with opened(self._path) as store:
            found = store.history.ended_since(number, MOST_AT_ONCE)
            return [(stage, state) for row, stage, state in found if row <= self._last]

    def _stamped(self) -> int:
        snapshot = self._live.snapshot
        paths = () if snapshot is None else files_of(snapshot)
        return stamp(self._options.project, paths)

    # Following ---------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(Database(self._path, only_reads=True)) as database:
                    self._follow_one(database)
            except (StoreError, sqlite3.Error) as error:
                self._say(f"{self._path} can't be read: {error}")
            self._stop.wait(IDLE_SECONDS if self.store_error else REOPEN_SECONDS)

    def _follow_one(self, database: Database) -> None:
        """Follow one file until it is replaced, or another one is the project's."""
        store, path, seen = Store(database), self._path, -1
        if self._is_first:
            self._last, self._is_first = store.history.last_attempt(), False
        elif self._last > store.history.last_attempt():
            self._last = 0
        while not self._stop.is_set() and path == self._path and not database.replaced:
            version = database.version
            if version != seen or self.runs_now or self._live.running():
                self._poll(store, is_change=seen not in (-1, version))
                seen = version
                self._say("")
            self._watch_files()
            self._stop.wait(POLL_SECONDS if self.watched or self.runs_now else IDLE_SECONDS)

    def _poll(self, store: Store, *, is_change: bool) -> None:
        with self._lock:
            ended = store.history.ended_since(self._last, MOST_AT_ONCE)
            running = {one.stage: one for one in living(store.leases.building())}
            self._last = ended[-1][0] if ended else self._last
            news = self._live.happened([(stage, state) for _, stage, state in ended], running)
        builders = {one.process for one in running.values()}
        past = list(store.history.runs(MOST_RUNS))
        news |= self._live.act(workers(self._options.project, running.values(), past))
        runs = frozenset(run.id for run in past if self._goes_on(run, builders))
        # What was forgotten, ignored or accepted changes the store, and is no attempt.
        is_quiet = is_change and not (news or ended or runs or self._is_own_change)
        self._is_own_change = False
        if is_quiet or self.runs_now - runs:
            self._is_due()
        if news or runs != self.runs_now:
            self.runs_now = runs
            self._changed()

    def _goes_on(self, run: PastRun, builders: Collection[Process]) -> bool:
        """Whether a run goes on; of one on another machine only its leases tell."""
        if run.state is not RunState.RUNNING or run.process.alive:
            return run.state is RunState.RUNNING
        now = time.monotonic()
        if run.process in builders:
            self._heard[run.id] = now
        return now - self._heard.get(run.id, float("-inf")) < SILENT_SECONDS

    def _watch_files(self) -> None:
        """Look whether a file was edited; while a run goes on its end is waited for."""
        now = time.monotonic()
        if self.watched and not self.runs_now and now - self._looked > FILES_SECONDS:
            self._looked = now
            if not self.refreshing and self._stamped() != self._stamp:
                self._is_due()

    def _is_due(self) -> None:
        self._dirty = True
        if self.watched:
            self._wanted.set()

    def _say(self, error: str) -> None:
        if error != self.store_error:
            self.store_error = error
            self._changed()


@contextmanager
def opened(path: str) -> Iterator[Store]:
    """Open the store for reading, for the time of a block. Raises StoreError."""
    store = Store.for_reading(path)
    try:
        yield store
    finally:
        store.close()
