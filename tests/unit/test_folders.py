"""What a folder's digest costs: which files are asked for, and read, when something has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datamake import folders
from datamake.disk import LocalDisk
from datamake.durability import FEW, write_through
from datamake.hashing import Taken, hash_file
from datamake.listing import Index, folder_of, key_of
from datamake.process import boot_id
from datamake.stamps import CachedFile, Stamp
from datamake.store import Store

LATER = 10**12


def later() -> int:
    """A clock far behind the times of the files, so that every digest is settled."""
    return time.time_ns() + LATER


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose content is read, as it happens."""
    read: list[str] = []
    really_open = os.open

    def counted(path: str, flags: int, *rest: int) -> int:
        if path.endswith(".txt"):
            read.append(path)
        return really_open(path, flags, *rest)

    monkeypatch.setattr(os, "open", counted)
    return read


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that the store is asked for, as it happens."""
    names: list[str] = []
    really_asked = Store.cached_file

    def counted(store: Store, path: str) -> CachedFile | None:
        names.append(path)
        return really_asked(store, path)

    monkeypatch.setattr(Store, "cached_file", counted)
    return names


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for number in range(FEW + 6):
        path = Path(f"data/{number % 2}/{number}.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    yield tmp_path


def digest(path: str = "data", boot: str | None = None, without: tuple[str, ...] = ()) -> str:
    """Return a digest as a run of its own takes it."""
    store = Store.open("store.sqlite")
    try:
        found = LocalDisk(store, later, boot).digest(path, without)
        assert found is not None
        return found
    finally:
        store.close()


def rows() -> list[str]:
    store = Store.open("store.sqlite")
    try:
        return [os.fsdecode(path) for path in store._database.column("SELECT path FROM file")]
    finally:
        store.close()


def test_no_file_of_an_unchanged_folder_is_asked_for(
    project: Path, reads: list[str], asked: list[str]
) -> None:
    before = digest()
    assert rows() == ["data/", "data/0/", "data/1/"]
    reads.clear()
    asked.clear()
    assert digest() == before
    assert reads == []
    assert sorted(asked) == ["data/", "data/0/", "data/1/"]


def test_one_changed_file_is_all_that_is_read(project: Path, reads: list[str]) -> None:
    before = digest()
    reads.clear()
    Path("data/1/1.txt").write_text("changed")
    after = digest()
    assert after != before
    assert reads == ["data/1/1.txt"]
    Path("data/1/1.txt").write_text("1")
    assert digest() == before


def test_a_file_in_a_folder_that_was_hashed_is_not_read_again_for_itself(
    project: Path, reads: list[str]
) -> None:
    digest()
    reads.clear()
    digest("data/0/2.txt")
    assert reads == []
    Path("data/0/2.txt").write_text("changed")
    digest("data/0/2.txt")
    reads.clear()
    digest()
    assert reads == []


def test_a_file_written_in_the_instant_in_which_it_was_hashed_is_read_again(
    project: Path, reads: list[str]
) -> None:
    young = os.stat("data/0/0.txt").st_ctime_ns
    store = Store.open("store.sqlite")
    LocalDisk(store, lambda: young + 1).digest("data")
    store.close()
    written = os.stat("data/0/0.txt")
    Path("data/0/0.txt").write_text("X")
    os.utime("data/0/0.txt", ns=(written.st_atime_ns, written.st_mtime_ns))
    reads.clear()
    digest()
    assert "data/0/0.txt" in reads
    reads.clear()
    digest()
    assert reads == []


def test_with_other_paths_left_out_the_folder_is_another(project: Path, reads: list[str]) -> None:
    whole, part = digest(), digest(without=("data/0/0.txt",))
    assert whole != part
    reads.clear()
    assert digest() == whole
    assert digest(without=("data/0/0.txt",)) == part
    assert reads == []
    Path("data/0/0.txt").write_text("changed")
    assert digest(without=("data/0/0.txt",)) == part
    assert digest() != whole


def test_the_project_itself_is_a_folder_like_others(project: Path) -> None:
    without = tuple(path for path in ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm"))
    before = digest(".", without=without)
    assert digest(".", without=without) == before
    assert digest(".", without=(*without, "data/0/0.txt")) != before
    Path("data/0/0.txt").write_text("changed")
    assert digest(".", without=without) != before


def test_what_was_not_written_through_is_read_again_after_the_next_boot(
    project: Path, reads: list[str]
) -> None:
    before = digest(boot="first")
    reads.clear()
    assert digest(boot="first") == before
    assert reads == []
    assert digest(boot="second") == before
    assert len(reads) == FEW + 6


@pytest.mark.parametrize("changed", [1, FEW + 1])
def test_what_was_written_through_is_believed_in_every_boot(
    project: Path, reads: list[str], changed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest(boot="first")
    store = Store.open("store.sqlite")
    store.synced(store.unsynced("first"))
    store.close()
    for number in range(changed):
        Path(f"data/{number % 2}/{number}.txt").write_text("changed")
    synced: list[str] = []
    monkeypatch.setattr(os, "sync", lambda: synced.append("all"))
    store = Store.open("store.sqlite")
    before = LocalDisk(store, later).digest("data")
    reads.clear()
    write_through(store)
    assert store.unsynced(boot_id()) == []
    store.close()
    assert (synced, reads) == (([], ["data/0/0.txt"]) if changed == 1 else (["all"], []))
    reads.clear()
    assert digest(boot="second") == before
    assert reads == []


def test_a_folder_that_was_renamed_is_not_read_again(project: Path, reads: list[str]) -> None:
    store = Store.open("store.sqlite")
    disk = LocalDisk(store, later)
    before = disk.digest("data")
    os.rename("data", "target")
    disk.renamed("data", "target")
    store.close()
    reads.clear()
    assert digest("target") == before
    assert reads == []


def test_what_was_read_is_kept_where_something_else_cannot_be(
    project: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def last_fails(path: str, before: Stamp, clock: Callable[[], int]) -> Taken:
        if len(reads) == folders.MANY:
            raise PermissionError(13, "Permission denied", path)
        return hash_file(path, before, clock)

    for number in range(folders.MANY):
        Path(f"data/0/more-{number}.txt").write_text(str(number))
    with monkeypatch.context() as patched, pytest.raises(PermissionError):
        patched.setattr(folders, "hash_file", last_fails)
        digest("data/0")
    digest("data/0")
    assert len(reads) == len(set(reads)) == len(os.listdir("data/0"))


def test_those_that_wait_for_the_disk_are_read_by_several_threads(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4 * folders.MANY):
        Path(f"data/0/more-{number}").write_text(str(number))
    before = digest()
    os.remove("store.sqlite")
    waits = iter(range(0, 10**6, folders.MANY))
    monkeypatch.setattr(folders, "_waits", lambda: next(waits))
    assert digest() == before


def test_an_index_of_another_version_is_no_index() -> None:
    for body in (None, b"", b"\xc1", b"\x91\x01"):
        assert Index.decoded(body, "").find("a", b"", "") is None


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        ("data/", "data"),
        ("./", "."),
        ("/", "/"),
        ("/data/", "/data"),
        (key_of("data", {"a"}), "data"),
        (key_of("/", {"a"}), "/"),
        ("data/a.txt", None),
    ],
)
def test_a_key_tells_the_folder(key: str, folder: str | None) -> None:
    assert folder_of(key) == folder
