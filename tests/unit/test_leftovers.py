"""What attempts left whose process died, and what is done about it, on a real disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from datamake.checker import ContentChecker
from datamake.disk import LocalDisk
from datamake.leftovers import clear_leftovers
from datamake.model import AttemptState, Meaning, Record, Stage
from datamake.process import Process
from datamake.staging import Declared, Staging
from datamake.store import Store
from datamake.store_rows import Underway, new_token

HERE = Process.current()
DEAD = replace(HERE, started="1")
STAGE = Stage("make", (), ("a.txt",))


@pytest.fixture
def dependency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The store and the checker of a project, without its tasks."""
    monkeypatch.chdir(tmp_path)
    store = Store.open(".datamake/store.sqlite")
    yield SimpleNamespace(
        store=store, judge=SimpleNamespace(checker=ContentChecker(LocalDisk(store)))
    )
    store.close()


def attempt(store: Store, process: Process, *, in_place: bool = False) -> Staging:
    """Begin an attempt as it is begun, up to where actions start to write."""
    declared = Declared(str(Path.cwd()), in_place=["a.txt"] if in_place else [])
    staging = Staging(STAGE.targets, declared)
    mine = Underway(STAGE.name, STAGE.targets, process, token=new_token(), since=time.time())
    store.leases.acquire(STAGE, mine, lambda holder, beat: False)
    store.leases.hold(STAGE, replace(mine, staging=tuple(staging.targets.values())))
    staging.prepare(update=False)
    return staging


def own_folders() -> list[Path]:
    return list(Path.cwd().glob(".datamake-*"))


def test_a_staged_result_of_the_dead_is_removed(dependency: Any) -> None:
    Path("a.txt").write_text("good")
    staging = attempt(dependency.store, DEAD)
    Path(staging.path("a.txt")).write_text("half")
    clear_leftovers(dependency)
    assert Path("a.txt").read_text() == "good"
    assert own_folders() == dependency.store.leases.running() == []
    assert dependency.store.known(STAGE).attempt is AttemptState.INTERRUPTED


def test_a_target_that_was_half_written_under_its_own_name_is_put_back(dependency: Any) -> None:
    Path("a.txt").write_text("good")
    attempt(dependency.store, DEAD, in_place=True)
    Path("a.txt").write_text("half")
    clear_leftovers(dependency)
    assert Path("a.txt").read_text() == "good"
    assert Path(".datamake/failed/make/a.txt").read_text() == "half"
    assert own_folders() == []


def test_a_target_that_was_new_and_half_written_is_set_aside(dependency: Any) -> None:
    attempt(dependency.store, DEAD, in_place=True)
    Path("a.txt").write_text("half")
    clear_leftovers(dependency)
    assert not Path("a.txt").exists()
    assert Path(".datamake/failed/make/a.txt").read_text() == "half"


def test_what_was_recorded_before_the_death_stays_in_its_place(dependency: Any) -> None:
    attempt(dependency.store, DEAD, in_place=True)
    Path("a.txt").write_text("whole")
    record = Record("make", STAGE.targets, Meaning(), "md5", {}, {"a.txt": "x"})
    dependency.store.commit(STAGE, record)
    clear_leftovers(dependency)
    assert Path("a.txt").read_text() == "whole"
    assert dependency.store.known(STAGE).attempt is AttemptState.BUILT
    assert own_folders() == dependency.store.leases.running() == []


@pytest.mark.parametrize(
    "process",
    [HERE, replace(HERE, host="far.example"), replace(HERE, space="pid:[1]", started="1")],
    ids=["living", "on another machine", "in another container"],
)
def test_attempts_of_who_may_live_are_left_alone(dependency: Any, process: Process) -> None:
    staging = attempt(dependency.store, process)
    Path(staging.path("a.txt")).write_text("half")
    clear_leftovers(dependency)
    assert Path(staging.path("a.txt")).read_text() == "half"
    (running,) = dependency.store.leases.running()
    assert running.process == process


def test_who_died_while_it_cleared_leaves_that_to_the_next(dependency: Any) -> None:
    Path("a.txt").write_text("good")
    attempt(dependency.store, DEAD, in_place=True)
    Path("a.txt").write_text("half")
    second = Underway(STAGE.name, STAGE.targets, DEAD, token=new_token(), since=time.time())
    dependency.store.leases.acquire(STAGE, second, lambda holder, beat: True)
    clear_leftovers(dependency)
    assert Path("a.txt").read_text() == "good"
    assert own_folders() == []
