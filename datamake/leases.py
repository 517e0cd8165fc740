"""Who builds what: the leases of stages, as the store keeps them for all processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, closing

from msgspec import Struct

from datamake.database import Database
from datamake.heartbeat import HEARTBEAT_SECONDS, Heartbeat
from datamake.model import AttemptState, Stage
from datamake.presence import Presence
from datamake.store_rows import Underway, decoded_attempt, encoded, encoded_key, inherited

RUNNING = AttemptState.RUNNING.value

ONE = "stage = ? AND targets = ?"


class LeaseLostError(Exception):
    """A lease was taken over by somebody who took its holder for dead."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            f"{stage.name} was taken over by another run while this one was asleep: what this one"
            " made is dropped"
        )


class Taken(Struct, frozen=True):
    """The answer to one who wants a lease: who holds it, or nobody, and it is taken.

    Then `dead` is who held it and died. `version` is that of the record found.
    """

    holder: Underway | None = None
    dead: Underway | None = None
    version: int = 0


class Leases:
    """The leases of all stages of a project. Each is known by its token.

    To others in containers of this machine a locked file tells that this process lives, and where
    the store is of many machines a heartbeat.
    What changes something raises StoreError where the store can't be written. `interrupted` is
    told of each attempt that died, once, in the transaction in which its lease is taken over.
    """

    def __init__(
        self,
        database: Database,
        interval: float = HEARTBEAT_SECONDS,
        interrupted: Callable[[Underway], None] | None = None,
    ) -> None:
        self._database = database
        self._interrupted = interrupted
        self._heartbeat = Heartbeat(self._beat, interval) if database.of_many_machines else None
        self._presence = Presence(os.path.join(os.path.dirname(database.place), "running"))

    def close(self) -> None:
        """Say no more that this process lives."""
        self._presence.end(lambda: {lease.process.name for lease in self.running()})
        if self._heartbeat is not None:
            self._heartbeat.stop()

    def acquire(
        self, stage: Stage, mine: Underway, is_dead: Callable[[Underway, float | None], bool]
    ) -> Taken:
        """Take the lease of a stage, unless somebody holds it who is not dead.

        `is_dead` is asked about a holder and its last heartbeat.
        """
        self._presence.show()
        with self._database.transaction():
            row = self._database.row(
                f"SELECT attempt, holder, beat, version FROM record WHERE {ONE}",
                *encoded_key(stage),
            )
            attempt, holder, beat, version = row or (AttemptState.NONE.value, None, None, 0)
            dead = None
            if holder is not None:
                other = decoded_attempt(holder)
                if not is_dead(other, beat):
                    return Taken(holder=other, version=version)
                # Who takes over inherits what is to be cleared: it may die before that is done.
                dead, mine = other, inherited(mine, other)
                if attempt == RUNNING:
                    attempt = AttemptState.INTERRUPTED.value
                    if self._interrupted is not None:
                        self._interrupted(other)
            self._take(stage, mine, AttemptState(attempt), version + 1)
        return Taken(dead=dead, version=version)

    def _take(self, stage: Stage, mine: Underway, attempt: AttemptState, version: int) -> None:
        self._database.change(
            "INSERT INTO record VALUES (?, ?, ?, '', ?, ?, ?, ?, NULL, 0) ON CONFLICT DO"
            " UPDATE SET attempt = excluded.attempt, holder = excluded.holder,"
            " token = excluded.token, beat = excluded.beat, version = excluded.version",
            *(*encoded_key(stage), attempt.value, encoded(mine).decode(), mine.token),
            *(self._now, version),
        )
        if self._heartbeat is not None:
            self._heartbeat.hold(mine.token)

    @property
    def _now(self) -> float | None:
        """What the first heartbeat of a lease says; None where there is none."""
        return None if self._heartbeat is None else time.time()

    def begin(self, stage: Stage, mine: Underway, version: int) -> bool:
        """Take a lease and note at once that an attempt starts, as `acquire` and `hold` do.

        False, with nothing done, where somebody holds it or the record's version is another one.
        """
        self._presence.show()
        begins = (RUNNING, encoded(mine).decode(), mine.token)
        row = (*begins, self._now, version + 1)
        if version == 0:
            begun = self._database.change(
                "INSERT OR IGNORE INTO record VALUES (?, ?, ?, 'none', ?, ?, ?, ?, NULL, 0)",
                *(*encoded_key(stage), *row),
            )
        else:
            begun = self._database.change(
                "UPDATE record SET before = attempt, attempt = ?, holder = ?, token = ?, beat = ?,"
                f" version = ? WHERE {ONE} AND version = ? AND holder IS NULL",
                *(*row, *encoded_key(stage), version),
            )
        if begun and self._heartbeat is not None:
            self._heartbeat.hold(mine.token)
        return bool(begun)

    def hold(self, stage: Stage, mine: Underway) -> None:
        """Note that an attempt starts, and what it will leave if it dies, before it does.

        Raises LeaseLostError where somebody took the lease over meanwhile: nothing is noted then,
        and nothing may be done.
        """
        # The store may have been removed since the lease was taken: then the row is made anew.
        noted = self._database.change(
            "INSERT INTO record VALUES (?, ?, ?, 'none', ?, ?, ?, 1, NULL, 0) ON CONFLICT DO"
            " UPDATE SET before = attempt, attempt = excluded.attempt, holder = excluded.holder"
            " WHERE token = excluded.token",
            *(*encoded_key(stage), RUNNING, encoded(mine).decode()),
            *(mine.token, self._now),
        )
        if not noted:
            self.released(mine.token)
            raise LeaseLostError(stage)

    def give_back(self, stage: Stage, token: str, dead: Underway) -> None:
        """Leave a lease that was taken over to who comes next: what is to be cleared still is."""
        self._database.change(
            "UPDATE record SET holder = ?, token = ?, beat = NULL, version = version + 1"
            f" WHERE {ONE} AND token = ?",
            *(encoded(dead).decode(), dead.token, *encoded_key(stage), token),
        )
        self.released(token)

    def end(self, stage: Stage, token: str, state: AttemptState) -> None:
        """Let go of a lease without a good build; the last good record stays."""
        self._database.change(
            "UPDATE record SET attempt = ?, holder = NULL, token = NULL, version = version + 1"
            f" WHERE {ONE} AND token = ?",
            *(state.value, *encoded_key(stage), token),
        )
        self.released(token)

    def release(self, stage: Stage, token: str) -> None:
        """Let go of a lease: nothing was done under it, or what was done is recorded."""
        self._database.change(
            "UPDATE record SET holder = NULL, token = NULL, version = version + 1"
            f" WHERE {ONE} AND token = ?",
            *(*encoded_key(stage), token),
        )
        self.released(token)

    def released(self, token: str) -> None:
        """Note that a lease is held no more: it ended with the commit of what was built."""
        if self._heartbeat is not None:
            self._heartbeat.let_go(token)

    def fenced(self, stage: Stage, token: str) -> AbstractContextManager[None]:
        """Keep everybody else from the store while results take their places.

        Raises LeaseLostError where somebody took the lease over meanwhile: nothing of this
        attempt may be put in place then.
        """
        return self._database.transaction(lambda: self._require(stage, token))

    def _require(self, stage: Stage, token: str) -> None:
        if self.lost(stage, token):
            raise LeaseLostError(stage)

    def lost(self, stage: Stage, token: str) -> bool:
        """Whether somebody has taken a lease over. Where the store was removed nobody has."""
        row = self._database.row(f"SELECT token FROM record WHERE {ONE}", *encoded_key(stage))
        return row is not None and row[0] != token

    def running(self) -> list[Underway]:
        """Return the attempts that are marked as under way, or not released, by any process."""
        rows = self._database.rows("SELECT holder FROM record WHERE holder IS NOT NULL")
        return [decoded_attempt(holder) for (holder,) in rows]

    def building(self) -> list[Underway]:
        """Return the attempts that have not ended, by any process: not those that only clear up."""
        found = "SELECT holder FROM record WHERE holder IS NOT NULL AND attempt = ?"
        rows = self._database.rows(found, RUNNING)
        return [decoded_attempt(holder) for (holder,) in rows]

    def _beat(self, tokens: Collection[str]) -> None:
        # Another thread needs a connection of its own.
        with closing(Database(self._database.place, make=False)) as database:
            now = time.time()
            database.change_all(
                "UPDATE record SET beat = ? WHERE token = ?", [(now, token) for token in tokens]
            )
