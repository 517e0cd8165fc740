"""Content digests of real files, with a dict for a cache and a clock that the test sets."""

from __future__ import annotations

import mmap
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from datamake import disk as disk_module
from datamake import hashing
from datamake.disk import LocalDisk
from datamake.stamps import (
    CLOCK_STEP_NS,
    COARSE_CLOCK_STEP_NS,
    CachedFile,
    is_older,
    stamp_of,
    stat_of,
)
from tests.unit.privileges import without_privileges

SECOND = 1_000_000_000
MANY_YEARS = 4_000_000_000 * SECOND


class Cache(dict[str, CachedFile]):
    """A cache that holds in memory what the store would write."""

    def __init__(self) -> None:
        super().__init__()
        self.indexes: dict[str, bytes] = {}

    def cached_file(self, path: str) -> CachedFile | None:
        return self.get(path)

    def cache_file(self, path: str, cached: CachedFile) -> None:
        self[path] = cached

    def look_up_below(self, folder: str) -> None:
        pass

    def cached_index(self, key: str) -> bytes | None:
        return self.indexes.get(key)

    def cache_folder(self, key: str, cached: CachedFile, index: bytes) -> None:
        self[key] = cached
        self.indexes[key] = index


class Clock:
    """Says what the test wants; at first, that every file is old."""

    def __init__(self) -> None:
        self.now = MANY_YEARS

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def cache() -> Cache:
    return Cache()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def disk(cache: Cache, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalDisk:
    monkeypatch.chdir(tmp_path)
    return LocalDisk(cache, clock)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose content is read, as it happens."""
    read: list[str] = []
    really_open = os.open

    def counted(path: str, flags: int) -> int:
        if not flags & os.O_DIRECTORY:
            read.append(path)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", counted)
    return read


def write(path: str, text: str, mtime: int | None = None) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    if mtime is not None:
        os.utime(path, ns=(mtime, mtime))


def test_a_digest_is_blake3_of_the_content(disk: LocalDisk) -> None:
    write("a", "some text")
    assert disk.digest("a") == blake3(b"some text").hexdigest()
    write("empty", "")
    assert disk.digest("empty") == blake3(b"").hexdigest()


def test_what_is_not_there_has_no_digest_and_no_time(disk: LocalDisk) -> None:
    write("file", "")
    Path("dangling").symlink_to("nowhere")
    Path("itself").symlink_to("itself")
    for path in ("nothing", "no/where", "file/below", "dangling", "itself", "x" * 300):
        assert disk.digest(path) is None
        assert disk.mtime_ns(path) is None


def test_what_is_there_and_cannot_be_read_is_an_error(disk: LocalDisk) -> None:
    write("secret/a", "text")
    os.chmod("secret/a", 0)
    os.chmod(".", 0o755)
    with without_privileges(), pytest.raises(PermissionError):
        disk.digest("secret/a")
    os.chmod("secret", 0)
    try:
        with without_privileges(), pytest.raises(PermissionError):
            disk.digest("secret")
        with without_privileges(), pytest.raises(PermissionError):
            disk.mtime_ns("secret/a")
    finally:
        os.chmod("secret", 0o700)


def test_an_unchanged_file_is_read_once(disk: LocalDisk, reads: list[str]) -> None:
    write("a", "text")
    digests = {disk.digest("a") for _ in range(3)}
    assert len(digests) == 1
    assert reads == ["a"]


def test_a_cache_from_another_run_spares_the_reading(
    disk: LocalDisk, cache: Cache, clock: Clock, reads: list[str]
) -> None:
    write("a", "text")
    digest = disk.digest("a")
    assert LocalDisk(cache, clock).digest("a") == digest
    assert reads == ["a"]


def test_a_touched_file_is_read_again_and_is_the_same(disk: LocalDisk, reads: list[str]) -> None:
    write("a", "text", mtime=SECOND)
    before = disk.digest("a")
    os.utime("a", ns=(2 * SECOND, 2 * SECOND))
    assert disk.digest("a") == before
    assert reads == ["a", "a"]


def rewritten() -> None:
    write("a", "two", mtime=SECOND)


def replaced_by_an_older_file() -> None:
    write("older", "two", mtime=5)
    os.replace("older", "a")


def replaced_by_a_file_of_the_same_time() -> None:
    write("other", "two", mtime=SECOND)
    os.replace("other", "a")


@pytest.mark.parametrize(
    "change", [rewritten, replaced_by_an_older_file, replaced_by_a_file_of_the_same_time]
)
def test_other_content_of_the_same_size_shows(disk: LocalDisk, change: Callable[[], None]) -> None:
    write("a", "one", mtime=SECOND)
    assert disk.digest("a") == blake3(b"one").hexdigest()
    change()
    assert disk.digest("a") == blake3(b"two").hexdigest()


def test_a_file_hashed_in_the_instant_in_which_it_was_written_is_hashed_again(
    disk: LocalDisk, clock: Clock, reads: list[str]
) -> None:
    write("a", "text")
    written = os.stat("a").st_ctime_ns
    clock.now = written + CLOCK_STEP_NS // 2
    disk.digest("a")
    disk.digest("a")
    assert reads == ["a", "a"]
    # Now the clock of the file system has ticked on: a later write would show.
    clock.now = written + 2 * COARSE_CLOCK_STEP_NS
    disk.digest("a")
    disk.digest("a")
    assert reads == ["a", "a", "a"]


def test_a_young_file_with_an_old_time_of_modification_is_hashed_again_too(
    disk: LocalDisk, clock: Clock, reads: list[str]
) -> None:
    write("a", "text", mtime=SECOND + 1)
    clock.now = os.stat("a").st_ctime_ns + CLOCK_STEP_NS // 2
    disk.digest("a")
    disk.digest("a")
    assert reads == ["a", "a"]


@pytest.mark.parametrize(
    ("written", "seen_later", "settled"),
    [
        (5 * SECOND + 1, 1_000_000, False),
        (5 * SECOND + 1, 19_000_000, False),
        (5 * SECOND + 1, 21_000_000, True),
        # A file system that counts in whole seconds, or two.
        (5 * SECOND, 21_000_000, False),
        (5 * SECOND, 1_999_000_000, False),
        (5 * SECOND, 2_001_000_000, True),
        # The clock was set back since.
        (5 * SECOND + 1, -SECOND, False),
    ],
)
def test_when_a_later_write_would_show(written: int, seen_later: int, settled: bool) -> None:
    assert is_older(written, written + seen_later) is settled


def test_a_time_of_modification_in_the_future_costs_no_reading(
    disk: LocalDisk, clock: Clock, reads: list[str]
) -> None:
    write("a", "text", mtime=2 * MANY_YEARS)
    assert disk.digest("a") == disk.digest("a")
    assert reads == ["a"]
    write("a", "TEXT", mtime=2 * MANY_YEARS)
    assert disk.digest("a") == blake3(b"TEXT").hexdigest()


def test_a_large_file_has_the_digest_of_its_bytes(
    disk: LocalDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(3_000_001)
    Path("read").write_bytes(content)
    Path("mapped").write_bytes(content)
    read = disk.digest("read")
    monkeypatch.setattr(hashing, "LARGE_FILE_BYTES", 1)
    monkeypatch.setattr(hashing, "MAPPED_BYTES", mmap.ALLOCATIONGRANULARITY * 16)
    assert disk.digest("mapped") == read == blake3(content).hexdigest()


def test_a_large_file_that_has_become_shorter_is_read_as_it_is(
    disk: LocalDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "LARGE_FILE_BYTES", 1)
    Path("a").write_bytes(b"text")
    descriptor = os.open("a", os.O_RDONLY)
    try:
        assert hashing.hash_open(descriptor, 1_000_000) == blake3(b"text").hexdigest()
    finally:
        os.close(descriptor)


def test_a_file_that_was_empty_and_grows_is_read_in_large_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In small ones who writes it would be faster than who reads it, which would never end."""
    content, pieces, really_read = os.urandom(3 << 20), list[int](), os.read

    def read(descriptor: int, size: int) -> bytes:
        pieces.append(size)
        return really_read(descriptor, size)

    (tmp_path / "a").write_bytes(content)
    monkeypatch.setattr(os, "read", read)
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    try:
        assert hashing.hash_open(descriptor, 0) == blake3(content).hexdigest()
    finally:
        os.close(descriptor)
    assert len(pieces) < 10


def test_a_file_with_a_name_that_is_no_utf8(disk: LocalDisk) -> None:
    name = os.fsdecode(b"caf\xe9")
    write(name, "text")
    write("folder/" + name, "text")
    assert disk.digest(name) == blake3(b"text").hexdigest()
    before = disk.digest("folder")
    os.rename("folder/" + name, os.fsdecode(b"folder/caf\xe8"))
    assert disk.digest("folder") != before


def test_a_link_counts_as_what_it_points_to(disk: LocalDisk) -> None:
    write("one", "1")
    write("two", "2")
    Path("link").symlink_to("one")
    assert disk.digest("link") == disk.digest("one")
    write("one", "11")
    assert disk.digest("link") == blake3(b"11").hexdigest()
    Path("link").unlink()
    Path("link").symlink_to("two")
    assert disk.digest("link") == disk.digest("two")


def test_the_time_checkers_time_is_that_of_the_file(disk: LocalDisk) -> None:
    write("a", "text", mtime=7)
    assert disk.mtime_ns("a") == 7


# Folders


@pytest.fixture
def folder(disk: LocalDisk) -> str:
    write("folder/a", "1")
    write("folder/below/b", "2")
    return "folder"


def add_a_file() -> None:
    write("folder/c", "")


def add_an_empty_folder() -> None:
    os.mkdir("folder/empty")


def add_a_file_far_below() -> None:
    write("folder/below/deeper/c", "")


def remove_a_file() -> None:
    os.remove("folder/below/b")


def change_a_file() -> None:
    write("folder/below/b", "3")


def rename_a_file() -> None:
    os.rename("folder/a", "folder/z")


def rename_a_folder() -> None:
    os.rename("folder/below", "folder/above")


def move_a_file_up() -> None:
    os.rename("folder/below/b", "folder/b")


def swap_two_files() -> None:
    os.rename("folder/a", "kept")
    os.rename("folder/below/b", "folder/a")
    os.rename("kept", "folder/below/b")


def put_a_folder_in_place_of_a_file() -> None:
    os.remove("folder/a")
    os.mkdir("folder/a")


def add_a_dangling_link() -> None:
    os.symlink("nowhere", "folder/link")


def add_a_pipe() -> None:
    os.mkfifo("folder/pipe")


@pytest.mark.parametrize(
    "change",
    [
        add_a_file,
        add_an_empty_folder,
        add_a_file_far_below,
        remove_a_file,
        change_a_file,
        rename_a_file,
        rename_a_folder,
        move_a_file_up,
        swap_two_files,
        put_a_folder_in_place_of_a_file,
        add_a_dangling_link,
        add_a_pipe,
    ],
)
def test_a_change_inside_a_folder_shows(
    disk: LocalDisk, folder: str, change: Callable[[], None]
) -> None:
    before = disk.digest(folder)
    change()
    after = disk.digest(folder)
    assert after != before
    assert after is not None
    assert after.startswith("folder:")


def touch_a_file() -> None:
    os.utime("folder/a", ns=(5, 5))


def add_what_datamake_writes() -> None:
    write("folder/.datamake-12-ab/a", "half")
    write("folder/below/.datamake/store", "")


def replace_a_file_by_a_link_to_the_same_content() -> None:
    os.rename("folder/a", "elsewhere")
    os.symlink("../elsewhere", "folder/a")


@pytest.mark.parametrize(
    "change",
    [touch_a_file, add_what_datamake_writes, replace_a_file_by_a_link_to_the_same_content],
)
def test_what_is_no_change_of_a_folders_content(
    disk: LocalDisk, folder: str, change: Callable[[], None]
) -> None:
    before = disk.digest(folder)
    change()
    assert disk.digest(folder) == before


def test_a_folder_that_is_copied_elsewhere_has_the_same_digest(
    disk: LocalDisk, folder: str
) -> None:
    write("copy/below/b", "2")
    write("copy/a", "1")
    assert disk.digest("copy") == disk.digest(folder)


def test_a_folder_is_no_file(disk: LocalDisk) -> None:
    os.mkdir("empty")
    write("file", "")
    assert disk.digest("empty") != disk.digest("file")


def test_of_an_unchanged_folder_no_file_is_read_again(
    disk: LocalDisk, folder: str, reads: list[str]
) -> None:
    disk.digest(folder)
    assert sorted(reads) == ["folder/a", "folder/below/b"]
    reads.clear()
    disk.digest(folder)
    assert reads == []
    change_a_file()
    disk.digest(folder)
    assert reads == ["folder/below/b"]


def test_links_inside_a_folder_count_as_what_they_point_to(disk: LocalDisk, folder: str) -> None:
    write("elsewhere/c", "3")
    os.symlink("../elsewhere", "folder/link")
    before = disk.digest(folder)
    write("elsewhere/c", "4")
    assert disk.digest(folder) != before


def test_links_that_lead_back_up_end_somewhere(disk: LocalDisk, folder: str) -> None:
    os.symlink("..", "folder/below/up")
    os.symlink("itself", "folder/itself")
    before = disk.digest(folder)
    assert before == disk.digest(folder)
    os.remove("folder/below/up")
    os.symlink(".", "folder/below/up")
    assert disk.digest(folder) != before


def test_special_files_are_not_opened(disk: LocalDisk) -> None:
    os.mkfifo("pipe")
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind("socket")
        kinds = {disk.digest("pipe"), disk.digest("socket"), disk.digest("/dev/null")}
    finally:
        listener.close()
    assert len(kinds) == 3
    assert all(kind is not None and kind.startswith("special:") for kind in kinds)


# Renames: a staged file is hashed under one name, and is known under another.


def test_a_renamed_file_is_not_read_again(disk: LocalDisk, reads: list[str]) -> None:
    write("staged", "text", mtime=SECOND)
    digest = disk.digest("staged")
    os.replace("staged", "target")
    disk.renamed("staged", "target")
    assert disk.digest("target") == digest
    assert reads == ["staged"]


def test_a_file_written_after_it_was_renamed_is_read(disk: LocalDisk, reads: list[str]) -> None:
    write("staged", "one", mtime=SECOND)
    disk.digest("staged")
    os.replace("staged", "target")
    write("target", "two")
    disk.renamed("staged", "target")
    assert disk.digest("target") == blake3(b"two").hexdigest()
    assert reads == ["staged", "target"]


def test_a_file_renamed_in_the_instant_in_which_it_was_written_is_read_once_more(
    disk: LocalDisk, cache: Cache, reads: list[str]
) -> None:
    write("staged", "text")
    disk.digest("staged")
    os.replace("staged", "target")
    young = os.stat("target").st_ctime_ns - 1
    os.utime("target", ns=(young, young))
    cached = cache["staged"]
    cache["staged"] = CachedFile(stamp_of(os.stat("target")), cached.settled, cached.digest)
    disk.renamed("staged", "target")
    assert not cache["target"].settled
    disk.digest("target")
    assert reads == ["staged", "target"]


def test_a_rename_that_did_not_happen_is_not_believed(disk: LocalDisk, cache: Cache) -> None:
    write("staged", "text")
    disk.digest("staged")
    disk.renamed("staged", "gone")
    disk.renamed("never hashed", "staged")
    os.mkdir("folder")
    disk.renamed("staged", "folder")
    assert list(cache) == ["staged"]


def test_a_file_that_changes_while_it_is_read_is_not_remembered(
    disk: LocalDisk, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a", "text")
    really_hash = hashing.hash_open

    def meanwhile(descriptor: int, size: int) -> str:
        write("a", "longer text")
        return really_hash(descriptor, size)

    monkeypatch.setattr(hashing, "hash_open", meanwhile)
    disk.digest("a")
    assert not cache


def test_a_file_that_vanishes_before_it_is_read_is_not_there(
    disk: LocalDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a", "text")
    really_stat = stat_of

    def then_removed(path: str) -> os.stat_result | None:
        found = really_stat(path)
        os.remove(path)
        return found

    monkeypatch.setattr(disk_module, "stat_of", then_removed)
    assert disk.digest("a") is None
