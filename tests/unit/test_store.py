"""What outlives a run: records, marks and the file cache, in a real file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake.model import AttemptState, Known, Meaning, Record, Stage
from datamake.stamps import CachedFile, Stamp
from datamake.store import Store
from datamake.store_schema import StoreError

NO_UTF8 = os.fsdecode(b"caf\xe9.txt")
STAGE_NAMES = [
    "squares",
    "sub:täsk",
    "a/b c",
    "'; DROP TABLE record; --",
    "\\udce9",
    NO_UTF8,
    "日本",
]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / ".datamake" / "store.sqlite")


@pytest.fixture
def store(path: str) -> Iterator[Store]:
    store = Store.open(path)
    yield store
    store.close()


def reopened(store: Store) -> Store:
    store.close()
    return Store.open(store.path)


def stage(name: str = "squares", target: str = "squares.txt") -> Stage:
    return Stage(name, ("numbers.txt",), (target,))


def record(of: Stage, **changes: object) -> Record:
    made = Record(
        stage=of.name,
        targets=of.targets,
        meaning=Meaning({"square": "c1"}, {"n": "10"}, {"square": "def square(): ...\n"}),
        checker="content",
        inputs=dict.fromkeys(of.file_dep, "i1"),
        outputs=dict.fromkeys(of.targets, "o1"),
        values='{"count": 3}',
        result="null",
        started=1_700_000_000.25,
        seconds=0.5,
    )
    return replace(made, **changes)


# Records


def test_of_a_stage_that_was_never_built_nothing_is_known(store: Store) -> None:
    assert store.known(stage()) == Known(None, AttemptState.NONE)
    assert store.latest("squares") is None
    assert list(store.records()) == []


@pytest.mark.parametrize("name", STAGE_NAMES, ids=ascii)
@pytest.mark.parametrize("file", ["squares.txt", NO_UTF8], ids=ascii)
def test_a_record_comes_back_as_it_was(store: Store, name: str, file: str) -> None:
    built = Stage(name, (file, "b.txt"), (file + ".out",))
    made = record(built)
    store.commit(built, made)
    store = reopened(store)
    assert store.known(built) == Known(made, AttemptState.BUILT, 1)
    assert store.latest(name) == made
    assert list(store.records()) == [(name, Known(made, AttemptState.BUILT, 1))]
    assert store.built(file + ".out") == "o1"
    store.close()


def test_names_that_look_alike_are_told_apart(store: Store) -> None:
    for number, name in enumerate(STAGE_NAMES):
        store.commit(stage(name), record(stage(name), seconds=float(number)))
        store.ignore(name)
    for number, name in enumerate(STAGE_NAMES):
        found = store.known(stage(name)).record
        assert found is not None
        assert found.seconds == number
    assert store.ignored() == frozenset(STAGE_NAMES)
    store.forget(NO_UTF8)
    assert store.ignored() == frozenset(STAGE_NAMES) - {NO_UTF8}


@pytest.mark.parametrize("state", ["text", 12, 1.5, ["a", 1], {"a": [1, None]}, True])
def test_whatever_a_checker_remembers_comes_back(store: Store, state: object) -> None:
    made = record(stage(), inputs={"numbers.txt": state}, outputs={"squares.txt": state})
    store.commit(stage(), made)
    store = reopened(store)
    assert store.known(stage()).record == made
    assert store.built("squares.txt") == state
    store.close()


def test_two_values_of_a_parameter_have_a_record_each(store: Store) -> None:
    ten, twenty = stage(target="up_to_10.txt"), stage(target="up_to_20.txt")
    store.commit(ten, record(ten, seconds=10.0))
    store.commit(twenty, record(twenty, seconds=20.0))
    assert store.known(ten).record == record(ten, seconds=10.0)
    assert store.known(twenty).record == record(twenty, seconds=20.0)
    assert store.latest("squares") == record(twenty, seconds=20.0)
    store.commit(ten, record(ten, seconds=11.0))
    assert store.latest("squares") == record(ten, seconds=11.0)


def test_the_last_record_is_the_latest_also_behind_one_of_a_clock_that_was_ahead(
    store: Store,
) -> None:
    ten, twenty = stage(target="10.txt"), stage(target="20.txt")
    store.commit(ten, record(ten))
    with closing(sqlite3.connect(store.path)) as other, other:
        other.execute("UPDATE record SET changed = changed + 1e9")
    store.commit(twenty, record(twenty))
    assert store.latest("squares") == record(twenty)
    store.commit(ten, record(ten))
    assert store.latest("squares") == record(ten)


def test_targets_count_in_their_order(store: Store) -> None:
    one_way, other_way = Stage("s", (), ("a", "b")), Stage("s", (), ("b", "a"))
    store.commit(one_way, record(one_way))
    assert store.known(other_way) == Known()


# Marks


def test_to_forget_a_stage_drops_all_its_records_and_its_mark(store: Store) -> None:
    ten, twenty, other = stage(target="10"), stage(target="20"), stage("other", "30")
    for each in (ten, twenty, other):
        store.commit(each, record(each))
        store.ignore(each.name)
    store.forget("squares")
    assert store.known(ten) == store.known(twenty) == Known()
    assert store.known(other).record == record(other)
    assert store.ignored() == {"other"}
    # What lies at a target was built by us all the same: `doit clean` may remove it.
    assert store.built("10") == "o1"
    store.forget_all()
    assert list(store.records()) == []
    assert store.ignored() == frozenset()


def test_to_ignore_twice_is_to_ignore(store: Store) -> None:
    store.ignore("squares")
    store.ignore("squares")
    assert store.ignored() == {"squares"}


def test_what_was_built_is_remembered_by_path_until_it_is_removed(store: Store) -> None:
    assert store.built("squares.txt") is None
    store.commit(stage(), record(stage()))
    store.commit(stage("other"), record(stage("other"), outputs={"squares.txt": "o2"}))
    assert store.built("squares.txt") == "o2"
    store.unbuilt("squares.txt")
    assert store.built("squares.txt") is None


def test_folders_made_for_targets_are_remembered_until_they_are_gone(store: Store) -> None:
    store.made_folders([])
    store.made_folders(["data", NO_UTF8])
    store.made_folders(["data", "data/clean"])
    store = reopened(store)
    assert store.made_folder("data")
    assert store.made_folder(NO_UTF8)
    assert not store.made_folder("elsewhere")
    store.removed_folder("data")
    assert not store.made_folder("data")
    assert store.made_folder("data/clean")
    store.close()


# The cache of digests


CACHED = CachedFile(Stamp(3, 2**62, 2**62 + 1, 2**40), settled=True, digest="abc")


@pytest.mark.parametrize("file", ["a.txt", NO_UTF8, "'\"; --"], ids=ascii)
def test_a_digest_is_written_with_the_next_commit(store: Store, file: str) -> None:
    other = Store.open(store.path)
    store.cache_file(file, CACHED)
    assert store.cached_file(file) == CACHED
    assert other.cached_file(file) is None
    other.close()
    store.commit(stage(), record(stage()))
    other = Store.open(store.path)
    assert other.cached_file(file) == CACHED
    other.close()


def test_a_digest_is_written_at_the_end_where_nothing_was_built(store: Store) -> None:
    store.cache_file("a.txt", CACHED)
    store.cache_file("b.txt", replace(CACHED, settled=False))
    store = reopened(store)
    assert store.cached_file("a.txt") == CACHED
    assert store.cached_file("b.txt") == replace(CACHED, settled=False)
    assert store.cached_file("c.txt") is None
    store.close()


def test_a_newer_digest_takes_the_place_of_the_older(store: Store) -> None:
    store.cache_file("a.txt", CACHED)
    store = reopened(store)
    store.cache_file("a.txt", replace(CACHED, digest="def"))
    store = reopened(store)
    assert store.cached_file("a.txt") == replace(CACHED, digest="def")
    store.close()


@pytest.mark.parametrize(
    "folder", ["data", "data/", os.fsdecode(b"caf\xe9"), "/data", "."], ids=ascii
)
def test_digests_below_a_folder_are_those_that_are_asked_for_singly(
    store: Store, folder: str
) -> None:
    inside = [os.path.join(folder, name) for name in ("a", "below/b", NO_UTF8)]
    outside = [folder.rstrip("/") + "-2/a", folder.rstrip("/") + "0", "a"]
    for path in (*inside, *outside):
        store.cache_file(path, replace(CACHED, digest=ascii(path)))
    store = reopened(store)
    store.look_up_below(folder)
    found = {path: store.cached_file(path) for path in (*inside, *outside)}
    assert found == {path: replace(CACHED, digest=ascii(path)) for path in found}
    new = os.path.join(folder, "new")
    assert store.cached_file(new) is None
    store.cache_file(new, CACHED)
    store.look_up_below(folder)
    assert store.cached_file(new) == CACHED
    store.close()


def test_digests_of_staged_files_are_not_written(store: Store) -> None:
    staged = "data/.datamake-12-ab/squares.txt"
    store.cache_file(staged, CACHED)
    assert store.cached_file(staged) == CACHED
    store = reopened(store)
    assert store.cached_file(staged) is None
    store.close()


# Several processes


def test_two_stores_open_at_once_see_each_others_commits(store: Store) -> None:
    other = Store.open(store.path)
    store.commit(stage("one"), record(stage("one")))
    other.commit(stage("two"), record(stage("two")))
    for each in (store, other):
        assert [name for name, _ in each.records()] == ["one", "two"]
    other.close()


ENDLESS = """
    import itertools, sys
    from datamake.model import AttemptState, Meaning, Record, Stage
    from datamake.process import Process
    from datamake.store import Store
    from datamake.store_rows import Underway

    store = Store.open(sys.argv[1])
    for number in itertools.count():
        stage = Stage(f"stage {number}", (), (f"target {number}",))
        mine = Underway(stage.name, stage.targets, Process.current(), token=str(number))
        store.leases.acquire(stage, mine, lambda holder, beat: False)
        store.leases.hold(stage, mine)
        outputs = {stage.targets[0]: "o"}
        store.commit(stage, Record(stage.name, stage.targets, Meaning(), "content", {}, outputs))
        store.leases.release(stage, mine.token)
        print(number, flush=True)
"""


def test_a_killed_process_leaves_every_commit_that_it_had_made(path: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(ENDLESS), path], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().split()
    last = int(said[-1]) if said else 49
    store = Store.open(path)
    built = [name for name, known in store.records() if known.record is not None]
    assert set(built) >= {f"stage {number}" for number in range(last + 1)}
    for attempt in store.leases.running():
        known = store.known(Stage(attempt.stage, (), attempt.targets))
        # The number was taken just now, or the attempt was noted, or its record was written.
        none, cut = AttemptState.NONE, AttemptState.INTERRUPTED
        assert known.attempt in ((none, cut) if known.record is None else (AttemptState.BUILT,))
    store.commit(stage(), record(stage()))
    store.close()


MAKE_ONE = """
    import os, sys
    from datamake.store import Store

    sys.stdin.read()
    store = Store.open(sys.argv[1])
    store.ignore(str(os.getpid()))
    store.close()
"""


def test_processes_that_make_the_store_at_the_same_time_all_get_it(path: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(MAKE_ONE), path]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(5)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 5
    store = Store.open(path)
    assert store.ignored() == {str(p.pid) for p in processes}
    store.close()


def test_a_store_that_is_deleted_meanwhile_is_begun_anew(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.commit(stage("before"), record(stage("before")))
    for name in os.listdir(os.path.dirname(store.path)):
        os.remove(os.path.join(os.path.dirname(store.path), name))
    store.commit(stage("after"), record(stage("after")))
    assert "was removed or replaced while it was in use" in capsys.readouterr().err
    store = reopened(store)
    assert [name for name, _ in store.records()] == ["after"]
    store.close()


# Where nothing can be written


def test_without_a_folder_nothing_is_known_and_nothing_can_be_recorded(tmp_path: Path) -> None:
    (tmp_path / ".datamake").write_text("a file in its place")
    store = Store.open(str(tmp_path / ".datamake" / "store.sqlite"))
    assert not store.writable
    assert store.known(stage()) == Known()
    store.cache_file("a.txt", CACHED)
    assert store.cached_file("a.txt") == CACHED
    changes: list[Callable[[], object]] = [
        lambda: store.commit(stage(), record(stage())),
        lambda: store.forget("squares"),
        store.forget_all,
        lambda: store.ignore("squares"),
        lambda: store.unbuilt("squares.txt"),
        lambda: store.made_folders(["data"]),
        lambda: store.removed_folder("data"),
    ]
    for change in changes:
        with pytest.raises(StoreError, match="can't be written"):
            change()
    store.close()
    assert (tmp_path / ".datamake").read_text() == "a file in its place"
