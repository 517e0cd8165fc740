"""The leases of stages in a real store, and what is known of a stage meanwhile."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake import store_file
from datamake.database import Database
from datamake.leases import LeaseLostError, Leases, Taken
from datamake.model import AttemptState, Known, Meaning, Record, Stage, StagedTarget
from datamake.process import Process
from datamake.store import Store
from datamake.store_rows import Underway, new_token
from datamake.store_schema import StoreError

HERE = Process.current()
DEAD = replace(HERE, started="1")
STAGE = Stage("squares", (), ("squares.txt",))
RECORD = Record("squares", STAGE.targets, Meaning(), "md5", {}, {"squares.txt": "o"})
DEADLINE_SECONDS = 30.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / ".datamake" / "store.sqlite"))
    yield store
    store.close()


def underway(process: Process = HERE, of: Stage = STAGE) -> Underway:
    staging = tuple(
        StagedTarget(
            name=f"./{target}",
            path=target,
            destination=target,
            staged=f".datamake-1/{target}",
            last_good=f".datamake-1/last/{target}",
            in_place=False,
            there=True,
            shared=False,
        )
        for target in of.targets
    )
    return Underway(of.name, of.targets, process, staging, new_token(), time.time())


def nobody_is_dead(holder: Underway, beat: float | None) -> bool:
    return False


def who_is_dead(holder: Underway, beat: float | None) -> bool:
    return holder.process.alive is False


def begin(store: Store, attempt: Underway) -> Underway:
    """Take a lease that is free, and note that an attempt starts."""
    stage = Stage(attempt.stage, (), attempt.targets)
    bare = replace(attempt, staging=())
    assert store.leases.acquire(stage, bare, nobody_is_dead).holder is None
    store.leases.hold(stage, attempt)
    return attempt


# Taking one


def test_a_lease_is_for_one_at_a_time(store: Store) -> None:
    first = underway()
    assert store.leases.acquire(STAGE, first, nobody_is_dead) == Taken()
    taken = store.leases.acquire(STAGE, underway(), nobody_is_dead)
    assert taken == Taken(holder=first, version=1)
    store.leases.release(STAGE, first.token)
    assert store.leases.acquire(STAGE, underway(), nobody_is_dead) == Taken(version=2)


def test_leases_are_of_a_stage_and_its_targets(store: Store) -> None:
    begin(store, underway())
    for other in (Stage("squares", (), ("others.txt",)), Stage("cubes", (), STAGE.targets)):
        assert store.leases.acquire(other, underway(of=other), nobody_is_dead) == Taken()


def test_who_takes_over_inherits_what_is_to_be_cleared(store: Store) -> None:
    first = begin(store, underway(DEAD))
    second = underway(DEAD)
    taken = store.leases.acquire(STAGE, replace(second, staging=()), who_is_dead)
    assert taken.dead == first
    third = store.leases.acquire(STAGE, underway(), who_is_dead)
    assert third.dead == replace(second, staging=first.staging, dead=(first.token,))


def test_who_died_before_anything_was_done_leaves_no_interrupted_attempt(store: Store) -> None:
    dead = underway(DEAD)
    store.leases.acquire(STAGE, dead, nobody_is_dead)
    assert store.leases.acquire(STAGE, underway(), who_is_dead).dead == dead
    assert store.known(STAGE).attempt is AttemptState.NONE


def test_that_an_attempt_died_is_told_once(store: Store) -> None:
    told: list[Underway] = []
    leases = Leases(Database(store.path), interrupted=told.append)
    dead = begin(store, underway(DEAD))
    taken = leases.acquire(STAGE, underway(DEAD), who_is_dead)  # which dies before it has cleared
    assert (taken.dead, told) == (dead, [dead])
    leases.acquire(STAGE, underway(), who_is_dead)
    assert told == [dead]
    other = Stage("cubes", (), ("cubes.txt",))
    leases.acquire(other, underway(DEAD, other), nobody_is_dead)  # which never begins
    leases.acquire(other, underway(HERE, other), who_is_dead)
    assert told == [dead]
    leases.close()


# Losing one


def test_who_lost_a_lease_can_do_nothing_under_it(store: Store) -> None:
    lost = begin(store, underway())
    winner = underway()
    assert store.leases.acquire(STAGE, winner, lambda holder, beat: True).dead == lost
    with pytest.raises(LeaseLostError, match="squares was taken over by another run"):
        store.leases.hold(STAGE, lost)
    store.leases.end(STAGE, lost.token, AttemptState.FAILED)
    store.leases.release(STAGE, lost.token)
    assert [attempt.token for attempt in store.leases.running()] == [winner.token]
    assert store.leases.lost(STAGE, lost.token)
    with (
        pytest.raises(LeaseLostError, match="squares was taken over by another run"),
        store.leases.fenced(STAGE, lost.token),
    ):
        pytest.fail("nothing may be put in place")
    with store.leases.fenced(STAGE, winner.token):
        store.commit(STAGE, RECORD)
    assert store.known(STAGE).attempt is AttemptState.BUILT


def test_a_lease_that_was_released_is_lost(store: Store) -> None:
    mine = begin(store, underway())
    store.leases.release(STAGE, mine.token)
    assert store.leases.lost(STAGE, mine.token)


def test_a_lease_that_is_given_back_is_the_dead_ones_again(store: Store) -> None:
    dead = begin(store, underway(DEAD))
    mine = underway()
    assert store.leases.acquire(STAGE, replace(mine, staging=()), who_is_dead).dead == dead
    store.leases.give_back(STAGE, mine.token, dead)
    assert store.leases.lost(STAGE, mine.token)
    assert store.leases.acquire(STAGE, underway(), who_is_dead).dead == dead
    store.leases.give_back(STAGE, mine.token, mine)  # not its to give any more
    assert store.leases.lost(STAGE, mine.token)
    assert store.known(STAGE).attempt is AttemptState.INTERRUPTED


def test_what_fails_inside_the_fence_leaves_the_store_as_it_was(store: Store) -> None:
    mine = begin(store, underway())
    with pytest.raises(ZeroDivisionError), store.leases.fenced(STAGE, mine.token):
        store.commit(STAGE, RECORD)
        raise ZeroDivisionError
    assert store.known(STAGE).record is None
    assert not store.leases.lost(STAGE, mine.token)


def test_a_lease_outlives_the_removal_of_the_store(store: Store) -> None:
    mine = underway()
    store.leases.acquire(STAGE, mine, nobody_is_dead)
    shutil.rmtree(Path(store.path).parent)
    store.leases.hold(STAGE, mine)
    assert store.leases.running() == [mine]
    with store.leases.fenced(STAGE, mine.token):
        store.commit(STAGE, RECORD)
    store.leases.release(STAGE, mine.token)
    assert store.known(STAGE).record == RECORD


# What is known meanwhile


def test_an_attempt_that_fails_leaves_the_last_good_record(store: Store) -> None:
    store.commit(STAGE, RECORD)
    mine = begin(store, underway())
    during = store.known(STAGE)
    assert (during.record, during.attempt, during.builder) == (RECORD, AttemptState.BUILT, HERE)
    store.leases.end(STAGE, mine.token, AttemptState.FAILED)
    after = store.known(STAGE)
    assert (after.record, after.attempt, after.builder) == (RECORD, AttemptState.FAILED, None)
    assert after.version > during.version
    assert store.leases.running() == []


def test_an_attempt_is_under_way_until_it_is_released(store: Store) -> None:
    mine = begin(store, underway())
    store.commit(STAGE, RECORD)
    assert store.known(STAGE).attempt is AttemptState.BUILT
    assert store.leases.running() == [mine]
    store.leases.release(STAGE, mine.token)
    assert store.known(STAGE) == Known(RECORD, AttemptState.BUILT, 3)
    assert store.leases.running() == []


def test_an_attempt_of_a_dead_process_was_interrupted(store: Store) -> None:
    begin(store, underway(DEAD))
    assert store.known(STAGE).attempt is AttemptState.INTERRUPTED


def test_a_stage_that_was_recorded_is_built_though_its_process_died_before_the_release(
    store: Store,
) -> None:
    mine = begin(store, underway(DEAD))
    store.commit(STAGE, RECORD)
    assert store.leases.running() == [mine]
    assert store.known(STAGE).attempt is AttemptState.BUILT
    assert store.leases.acquire(STAGE, underway(), who_is_dead).dead == mine
    assert store.known(STAGE).attempt is AttemptState.BUILT


def test_where_nothing_can_be_written_no_lease_is_to_be_had(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store.sqlite"), make=False)
    for change in (
        lambda: store.leases.acquire(STAGE, underway(), nobody_is_dead),
        lambda: store.leases.hold(STAGE, underway()),
        lambda: store.leases.end(STAGE, "x", AttemptState.FAILED),
        lambda: store.leases.release(STAGE, "x"),
    ):
        with pytest.raises(StoreError, match="can't be written"):
            change()
    store.close()


# On a file system of many machines


def test_a_holder_tells_other_machines_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_file, "is_of_many_machines", lambda path: True)
    path = str(tmp_path / "store.sqlite")
    beats: list[float | None] = []

    def heard(holder: Underway, beat: float | None) -> bool:
        beats.append(beat)
        return False

    with closing(Database(path)) as database, closing(Database(path)) as another:
        holder, waiter = Leases(database, 0.001), Leases(another)
        holder.acquire(STAGE, underway(), nobody_is_dead)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(set(beats)) < 3 and time.monotonic() < deadline:
            assert waiter.acquire(STAGE, underway(), heard).holder is not None
        holder.close()
        waiter.close()
    assert None not in beats
    assert len(set(beats)) >= 3


def test_on_a_file_system_of_one_machine_there_is_no_heartbeat(store: Store) -> None:
    beats: list[float | None] = []

    def heard(holder: Underway, beat: float | None) -> bool:
        beats.append(beat)
        return False

    begin(store, underway())
    store.leases.acquire(STAGE, underway(), heard)
    assert beats == [None]
