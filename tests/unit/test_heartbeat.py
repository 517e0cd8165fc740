"""The heartbeat speaks for the leases that are held, until it is stopped."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Collection

from datamake.heartbeat import Heartbeat

SOON, DEADLINE_SECONDS = 0.001, 30.0


def test_it_speaks_for_what_is_held() -> None:
    said: queue.Queue[Collection[str]] = queue.Queue()
    heartbeat = Heartbeat(said.put, SOON)
    heartbeat.hold("one")
    assert said.get(timeout=DEADLINE_SECONDS) == {"one"}
    heartbeat.hold("two")
    while said.get(timeout=DEADLINE_SECONDS) != {"one", "two"}:
        pass
    heartbeat.let_go("one")
    while said.get(timeout=DEADLINE_SECONDS) != {"two"}:
        pass
    heartbeat.stop()
    heartbeat.stop()


def test_what_could_not_be_said_is_said_the_next_time() -> None:
    turns: list[int] = []
    twice = threading.Event()

    def beat(tokens: Collection[str]) -> None:
        turns.append(1)
        if len(turns) > 1:
            twice.set()
        raise sqlite3.OperationalError("database is locked")

    heartbeat = Heartbeat(beat, SOON)
    heartbeat.hold("one")
    assert twice.wait(DEADLINE_SECONDS)
    heartbeat.stop()


def test_one_that_holds_nothing_has_no_thread() -> None:
    before = threading.active_count()
    heartbeat = Heartbeat(lambda tokens: None, SOON)
    assert threading.active_count() == before
    heartbeat.stop()
