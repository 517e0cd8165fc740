"""Waiting for a lease: whom to wait for, whom to take over from, and what is said meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake.lease import SILENCE_SECONDS, Lease, WaitedTooLongError, Waiting, Watched, describe
from datamake.model import AttemptState, Stage
from datamake.process import Process
from datamake.store import Store
from datamake.store_rows import Underway, new_token

STAGE = Stage("squares", (), ("squares.txt",))
HERE = Process.current()
ELSEWHERE = replace(HERE, host="far.example", boot="another")
CONTAINED = replace(HERE, space="pid:[1]", started="1")
TWO_HOURS = 7200.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / ".datamake" / "store.sqlite"))
    yield store
    store.close()


def underway(process: Process = HERE, since: float | None = None) -> Underway:
    began = time.time() if since is None else since
    return Underway(STAGE.name, STAGE.targets, process, token=new_token(), since=began)


def held_by(store: Store, process: Process, since: float | None = None) -> Underway:
    holder = underway(process, since)
    store.leases.acquire(STAGE, holder, lambda other, beat: False)
    store.leases.hold(STAGE, holder)
    return holder


def acquired(waiting: Waiting, mine: Underway) -> Lease:
    steps = waiting.acquire(STAGE, mine)
    while True:
        try:
            time.sleep(next(steps).seconds)
        except StopIteration as end:
            lease: Lease = end.value
            return lease


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(said: list[str]) -> Callable[[str, Underway | None], None]:
    """Return what notes who waits for whom."""

    def tell(stage: str, holder: Underway | None) -> None:
        said.append(f"{stage} waits for {describe(holder) if holder else 'nobody'}")

    return tell


@pytest.mark.parametrize(
    "dead",
    [
        replace(HERE, started="1"),
        replace(HERE, boot="of an earlier boot"),
        replace(HERE, pid=2**22 + 1),
    ],
    ids=["its number is another's now", "the machine was started anew", "it is gone"],
)
def test_the_lease_of_a_dead_holder_is_taken_over_at_once(store: Store, dead: Process) -> None:
    holder = held_by(store, dead, time.time() - TWO_HOURS)
    said: list[str] = []
    lease = acquired(Waiting(store, told(said), 0.0), underway())
    assert lease.dead == holder
    assert said == []
    assert store.known(STAGE).attempt is AttemptState.INTERRUPTED


@pytest.mark.parametrize(
    "unseen",
    [replace(ELSEWHERE, boot=""), CONTAINED],
    ids=["on another machine", "in another container"],
)
def test_who_cannot_be_seen_is_waited_for(store: Store, unseen: Process) -> None:
    held_by(store, unseen, time.time() - TWO_HOURS)
    said: list[str] = []
    with pytest.raises(WaitedTooLongError, match="gave up waiting for squares: pid"):
        acquired(Waiting(store, told(said), 0.0), underway())
    (line,) = said
    assert line.startswith(f"squares waits for squares: pid {unseen.pid} on host {unseen.host}")


def test_a_free_lease_is_taken_with_the_version_of_its_record(store: Store) -> None:
    waiting = Waiting(store, lambda stage, holder: pytest.fail(stage), None)
    mine = underway()
    assert acquired(waiting, mine).version == 0
    store.leases.release(STAGE, mine.token)
    assert acquired(waiting, underway()).version == store.known(STAGE).version - 1 > 0


# Holders elsewhere


def test_a_holder_elsewhere_whose_heartbeat_goes_on_is_alive() -> None:
    clock = Clock()
    watched, holder = Watched(clock), underway(ELSEWHERE)
    for beat in range(20):
        assert not watched.is_dead(holder, float(beat))
        clock.now += SILENCE_SECONDS * 0.9


def test_a_holder_elsewhere_whose_heartbeat_stopped_is_dead_after_a_while() -> None:
    clock = Clock()
    watched, holder = Watched(clock, silence=60.0), underway(ELSEWHERE)
    lives = []
    for seconds in (0.0, 59.0, 2.0):
        clock.now += seconds
        lives.append(not watched.is_dead(holder, 5.0))
    assert lives == [True, True, False]


def test_the_time_on_the_clock_of_the_holder_does_not_matter() -> None:
    watched, holder = Watched(Clock()), underway(ELSEWHERE)
    assert not watched.is_dead(holder, time.time() - TWO_HOURS)
    assert not watched.is_dead(holder, time.time() + TWO_HOURS)


def test_a_holder_that_may_live_is_never_taken_for_dead() -> None:
    clock = Clock()
    watched, holder = Watched(clock), underway(CONTAINED)
    for _ in range(3):
        assert not watched.is_dead(holder, None)
        clock.now += TWO_HOURS


def test_a_holder_of_an_earlier_boot_is_dead_unless_it_sends_heartbeats() -> None:
    assert Watched(Clock()).is_dead(underway(ELSEWHERE), None)
    assert not Watched(Clock()).is_dead(underway(ELSEWHERE), 5.0)


def test_the_next_holder_is_watched_anew() -> None:
    clock = Clock()
    watched = Watched(clock, silence=60.0)
    first, second = underway(ELSEWHERE), underway(ELSEWHERE)
    assert not watched.is_dead(first, 5.0)
    clock.now += 50.0
    assert not watched.is_dead(second, 5.0)
    clock.now += 50.0
    assert not watched.is_dead(second, 5.0)
    assert [watched.is_new(holder) for holder in (first, first, second)] == [True, False, True]


def test_a_heartbeat_does_not_help_a_holder_that_is_seen_to_be_dead() -> None:
    assert Watched().is_dead(underway(replace(HERE, started="1")), time.time())
    assert not Watched().is_dead(underway(HERE), None)


def test_a_holder_is_described_by_who_it_is_and_since_when() -> None:
    holder = underway(replace(HERE, pid=12, host="far"), time.time() - TWO_HOURS)
    said = describe(holder)
    assert said.startswith("squares: pid 12 on host far has been building it for ")
    assert "2" in said
