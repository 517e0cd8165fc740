"""Power failures: what was not yet on the disk is not believed after the next boot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from datamake.disk import LocalDisk
from datamake.durability import FEW, write_through
from datamake.process import boot_id
from datamake.store import Store
from tests.unit.damage import cached_with_the_stamp_of_now, damage
from tests.unit.privileges import without_privileges

LATER = 10**12


def later() -> int:
    """A clock far behind the times of the files, so that every digest is settled."""
    return time.time_ns() + LATER


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("content")
    return tmp_path


def test_content_lost_in_a_power_failure_is_found_out(project: Path) -> None:
    store = Store.open(".datamake/store.sqlite")
    built = LocalDisk(store, later, boot="first").digest("a.txt")
    damage(Path("a.txt"))
    cached_with_the_stamp_of_now(store, "a.txt")
    store.close()

    store = Store.open(".datamake/store.sqlite")
    assert LocalDisk(store, later, boot="first").digest("a.txt") == built
    assert LocalDisk(store, later, boot="second").digest("a.txt") != built
    store.close()


def test_what_was_written_through_is_believed_in_every_boot(project: Path) -> None:
    store = Store.open(".datamake/store.sqlite")
    built = LocalDisk(store, later).digest("a.txt")
    assert store.unsynced(boot_id()) == ["a.txt"]
    write_through(store)
    assert store.unsynced(boot_id()) == []
    damage(Path("a.txt"))
    cached_with_the_stamp_of_now(store, "a.txt")
    store.close()

    store = Store.open(".datamake/store.sqlite")
    assert LocalDisk(store, later, boot="second").digest("a.txt") == built
    store.close()


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_few_files_and_many_are_written_through(project: Path, count: int) -> None:
    store = Store.open(".datamake/store.sqlite")
    disk = LocalDisk(store, later)
    for number in range(count):
        Path(f"{number}.txt").write_text("x")
        disk.digest(f"{number}.txt")
    Path("0.txt").unlink()
    write_through(store)
    assert store.unsynced(boot_id()) == []
    store.close()


@pytest.fixture
def anyones(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may reach and write in."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        monkeypatch.chdir(folder)
        yield Path(folder)
        monkeypatch.undo()


def test_what_is_a_file_now_or_may_not_be_read_holds_nothing_up(anyones: Path) -> None:
    store = Store.open(".datamake/store.sqlite")
    disk = LocalDisk(store, later)
    Path("folder").mkdir()
    for name in ("folder/file", "secret.txt"):
        Path(name).write_text("content")
        disk.digest(name)
    Path("folder/file").unlink()
    Path("folder").rmdir()
    Path("folder").write_text("a file now")
    Path("secret.txt").chmod(0)
    with without_privileges():
        write_through(store)
    assert store.unsynced(boot_id()) == []
    store.close()


def test_a_run_that_asks_for_no_file_flushes_none(project: Path) -> None:
    store = Store.open(".datamake/store.sqlite")
    LocalDisk(store, later).digest("a.txt")
    store.close()

    store = Store.open(".datamake/store.sqlite")
    write_through(store)
    assert store.unsynced(boot_id()) == ["a.txt"]
    LocalDisk(store, later).digest("a.txt")
    write_through(store)
    assert store.unsynced(boot_id()) == []
    store.close()
