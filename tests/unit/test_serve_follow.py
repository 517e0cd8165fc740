"""Following a store: what is laid over a snapshot, and when a new one is taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datamake.model import Meaning, Record, Stage
from datamake.past import PastRun, RunState
from datamake.picture.model import Part
from datamake.process import Process
from datamake.serve import follow as follow_module
from datamake.serve.follow import Follower
from datamake.serve.holders import living, workers
from datamake.serve.live import Live
from datamake.serve.look import LookError
from datamake.serve.snapshot import Snapshot
from datamake.serve.sources import files_of, stamp
from datamake.store_rows import Underway, new_token
from tests.unit.serving import Past, options, snapshot

ELSEWHERE = Process(1, "another-machine", "1", "boot")


class Looks:
    """Takes snapshots by hand, and counts them."""

    def __init__(self, past: Past, parts: dict[str, Part]) -> None:
        self._past = past
        self.parts = parts
        self.taken = 0
        self.error = ""
        self.hold = threading.Event()
        self.hold.set()

    def take(self) -> Snapshot:
        self.hold.wait(10)
        self.taken += 1
        if self.error:
            raise LookError(self.error)
        return Snapshot(
            **{
                **{n: getattr(snapshot(self.parts), n) for n in ("parts", "judged", "taken")},
                "store": self._past.store.path,
            }
        )

    def stop(self) -> None:
        self.hold.set()


def soon(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline, "not so within the deadline"
        time.sleep(0.005)


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    found = Past(tmp_path)
    yield found
    found.close()


@pytest.fixture
def looks(past: Past) -> Looks:
    return Looks(past, {"a": Part("a"), "b": Part("b")})


@pytest.fixture
def follower(
    tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Follower, Live]]:
    for name in ("POLL_SECONDS", "IDLE_SECONDS", "LEAST_PAUSE", "FILES_SECONDS", "REOPEN_SECONDS"):
        monkeypatch.setattr(follow_module, name, 0.01)
    live = Live()
    found = Follower(options(tmp_path), live, looks, lambda: None)  # type: ignore[arg-type]
    found.watch(True)
    found.start()
    soon(lambda: live.snapshot is not None and not found.refreshing)
    yield found, live
    found.stop()


def test_attempts_and_leases_are_laid_over_the_snapshot(
    follower: tuple[Follower, Live], past: Past
) -> None:
    _, live = follower
    mine = Underway("b", (), Process.current(), token=new_token())
    past.store.leases.begin(Stage("b"), mine, 0)
    past.attempt(past.run(), "a")
    soon(lambda: live.states() == {"a": "up to date", "b": "running"})


def test_a_stage_that_was_built_and_is_only_cleared_up_is_not_running(
    follower: tuple[Follower, Live], past: Past
) -> None:
    _, live = follower
    run = past.run()
    mine = Underway("b", (), Process.current(), token=new_token())
    past.store.leases.begin(Stage("b"), mine, 0)
    soon(lambda: live.state("b") == "running")
    record = Record("b", (), Meaning(), "content", {}, {})
    past.store.commit(Stage("b"), record, release=False)
    past.attempt(run, "b")
    assert past.store.leases.running() == [mine]
    soon(lambda: live.state("b") == "up to date")


def test_a_new_look_is_taken_when_a_run_ends_and_none_while_it_goes_on(
    follower: tuple[Follower, Live], past: Past, looks: Looks
) -> None:
    found, _ = follower
    run = past.run()
    soon(lambda: found.runs_now == frozenset({run}))
    before = looks.taken
    for _ in range(5):
        past.attempt(run, "a")
        found.refresh()
        time.sleep(0.03)
    assert looks.taken == before
    past.store.history.end(run, RunState.DONE, {})
    soon(lambda: looks.taken > before and not found.runs_now)


def test_what_changes_without_an_attempt_is_looked_at(
    follower: tuple[Follower, Live], past: Past, looks: Looks
) -> None:
    before, names = looks.taken, iter(range(1_000))

    def marked() -> bool:
        # The first change behind a look is taken for what the look itself remembers.
        past.store.ignore(str(next(names)))
        return looks.taken > before

    soon(marked)


def test_an_edit_is_looked_at_while_somebody_watches(
    follower: tuple[Follower, Live], tmp_path: Path, looks: Looks
) -> None:
    before = looks.taken
    (tmp_path / "dodo.py").write_text("")
    soon(lambda: looks.taken > before)


def test_what_can_not_be_judged_leaves_the_last_good_snapshot(
    follower: tuple[Follower, Live], tmp_path: Path, looks: Looks
) -> None:
    found, live = follower
    looks.error = "dodo.py:1: no"
    (tmp_path / "dodo.py").write_text("")
    soon(lambda: found.error == "dodo.py:1: no")
    assert live.states().keys() == {"a", "b"}


def test_attempts_that_end_while_a_look_is_taken_are_not_lost(
    follower: tuple[Follower, Live], past: Past, looks: Looks, tmp_path: Path
) -> None:
    found, live = follower
    looks.hold.clear()
    (tmp_path / "dodo.py").write_text("")
    soon(lambda: found.refreshing)
    past.attempt(past.run(), "a")
    soon(lambda: live.state("a") == "up to date")
    looks.hold.set()
    soon(lambda: not found.refreshing)
    assert live.state("a") == "up to date"


def test_a_run_of_another_machine_that_is_silent_is_over(
    follower: tuple[Follower, Live], past: Past
) -> None:
    found, _ = follower
    run = past.store.history.begin(PastRun(0, ELSEWHERE, "bo", "doit", "", 1, time.time()))
    past.store.ignore("x")
    time.sleep(0.1)
    assert found.runs_now == frozenset()
    mine = Underway("b", (), ELSEWHERE, token=new_token())
    past.store.leases.begin(Stage("b"), mine, 0)
    soon(lambda: found.runs_now == frozenset({run}))


def test_a_lease_of_a_dead_process_is_no_build() -> None:
    mine = Process.current()
    dead = Process(mine.pid, mine.host, "1", mine.boot, mine.space)
    holders = [
        Underway(name, (), who) for name, who in (("a", mine), ("b", dead), ("c", ELSEWHERE))
    ]
    assert [one.stage for one in living(holders)] == ["a", "c"]


def test_files_that_are_looked_after(tmp_path: Path) -> None:
    taken = snapshot({"a": Part("a", {"raw.csv": ()}, ("out.csv", "bad\0name"))})
    paths = list(files_of(taken))
    assert sorted(paths) == ["bad\0name", "out.csv", "raw.csv"]
    seen = stamp(str(tmp_path), paths)
    for name in ("raw.csv", "out.csv", "module.py", "pyproject.toml"):
        (tmp_path / name).write_text("x")
        assert stamp(str(tmp_path), paths) != seen
        seen = stamp(str(tmp_path), paths)
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    for name in ("notes.txt", "env/module.py", ".datamake/x.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert stamp(str(tmp_path), paths) == seen


def underway(process: Process) -> Underway:
    return Underway("a", (), process, token=new_token())


def past_run(process: Process, at_once: int) -> PastRun:
    return PastRun(1, process, "ada", "doit", "", at_once, 0.0)


def test_who_acts_is_the_run_itself_or_the_worker_that_it_names(tmp_path: Path) -> None:
    run = Process(41, "tower", "1", "boot", "pid:[7]")
    one, other = underway(run), underway(run)
    assert workers(str(tmp_path), [one], [past_run(run, 1)]) == {one.token: 41}
    assert workers(str(tmp_path), [one], [past_run(run, 2)]) == {}
    assert workers(str(tmp_path), [one], []) == {}
    folder = tmp_path / ".datamake" / "running"
    folder.mkdir(parents=True)
    (folder / run.name).write_text(f"{42:>10} {other.token}\n{43:>10} {new_token()}\n")
    assert workers(str(tmp_path), [one, other], [past_run(run, 2)]) == {other.token: 42}


def test_a_file_elsewhere_is_not_read_for_a_run(tmp_path: Path) -> None:
    run = Process(41, "tower", "1/../../../secret/", "boot", "")
    one = underway(run)
    (tmp_path / ".datamake" / "running" / "41-1").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "-").write_text(f"{42:>10} {one.token}\n")
    assert (tmp_path / ".datamake" / "running" / run.name).exists()
    assert workers(str(tmp_path), [one], []) == {}
