"""Moves and copies on a real disk: the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamake import files
from tests.unit.on_disk import look, make, tree, write


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system, where there is one."""
    place = Path("/dev/shm")
    if not place.is_dir() or os.stat(place).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("one file system only")
    folder = place / f"datamake-test-{os.getpid()}-{tmp_path.name}"
    folder.mkdir()
    yield folder
    files.remove(str(folder))


def test_a_copy_has_content_mode_and_time(tmp_path: Path) -> None:
    source = write(tmp_path / "a", "text")
    os.chmod(source, 0o640)
    os.utime(source, ns=(1_000, 2_000_000_000))
    files.copy(source, str(tmp_path / "b"))
    copied = (tmp_path / "b").stat()
    assert (tmp_path / "b").read_text() == "text"
    assert stat.S_IMODE(copied.st_mode) == 0o640
    assert copied.st_mtime_ns == 2_000_000_000
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_copy_of_a_folder_keeps_its_links(tmp_path: Path) -> None:
    write(tmp_path / "a" / "deep" / "file", "text")
    os.symlink("deep/file", tmp_path / "a" / "link")
    files.copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert tree(tmp_path / "b") == {"deep/file": "text", "link": "text"}
    assert os.readlink(tmp_path / "b" / "link") == "deep/file"


def test_a_copy_that_fails_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.copy(str(tmp_path / "missing"), str(tmp_path / "b"))
    assert not (tmp_path / "b").exists()


def test_a_copy_to_another_disk_is_whole(tmp_path: Path, other_disk: Path) -> None:
    source = write(tmp_path / "a", "text" * 1_000_000)
    files.copy(source, str(other_disk / "a"))
    assert (other_disk / "a").read_text() == "text" * 1_000_000


def test_flush_takes_whatever_lies_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder / "deep" / "file", "text")
    os.symlink("nowhere", folder / "dangling")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(folder)
        server.bind("socket")
        os.chdir(here)
        files.flush(str(folder))
    files.flush(str(folder / "dangling"))
    with pytest.raises(FileNotFoundError):
        files.flush(str(tmp_path / "missing"))


def test_keep_gives_a_second_place_on_any_disk(tmp_path: Path, other_disk: Path) -> None:
    held = write(tmp_path / "held", "text")
    files.keep(held, str(tmp_path / "kept" / "here"))
    files.keep(held, str(other_disk / "kept" / "there"))
    assert (tmp_path / "held").exists()
    assert look(tmp_path / "kept" / "here") == look(other_disk / "kept" / "there") == "text"
    make(tmp_path / "folder", "folder", "text")
    files.keep(str(tmp_path / "folder"), str(other_disk / "folder"))
    assert look(other_disk / "folder") == "text"
    assert not (tmp_path / "folder").exists()


def test_merge_adds_to_a_folder_and_takes_nothing_out_of_it(tmp_path: Path) -> None:
    write(tmp_path / "to" / "deep" / "mine", "mine")
    write(tmp_path / "to" / "both", "old")
    write(tmp_path / "from" / "deep" / "new", "new")
    write(tmp_path / "from" / "both", "new")
    files.merge(str(tmp_path / "from"), str(tmp_path / "to"))
    assert tree(tmp_path / "to") == {"deep/mine": "mine", "deep/new": "new", "both": "new"}


@pytest.mark.parametrize(("new", "old"), [("file", "folder"), ("folder", "file")])
def test_merge_does_not_put_a_file_in_the_place_of_a_folder(
    tmp_path: Path, new: str, old: str
) -> None:
    make(tmp_path / "from", new, "new")
    make(tmp_path / "to", old, "old")
    with pytest.raises(OSError) as raised:
        files.merge(str(tmp_path / "from"), str(tmp_path / "to"))
    assert raised.value.errno in (errno.EISDIR, errno.ENOTDIR)
    assert look(tmp_path / "to") == "old"


def test_a_new_file_takes_the_mode_of_the_old_unless_it_chose_its_own(tmp_path: Path) -> None:
    place = write(tmp_path / "place", "old")
    os.chmod(place, 0o600)
    plain, chosen = write(tmp_path / "plain", "new"), write(tmp_path / "chosen", "new")
    os.chmod(chosen, 0o755)
    for staged in (plain, chosen):
        files.take_mode(staged, place)
    assert stat.S_IMODE(os.stat(plain).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(chosen).st_mode) == 0o755
    files.take_mode(plain, str(tmp_path / "missing"))


def test_same_content_is_of_files_only(tmp_path: Path) -> None:
    names = {name: write(tmp_path / name, text) for name, text in (("a", "1"), ("b", "1"))}
    other = write(tmp_path / "c", "2")
    assert files.same_content(names["a"], names["b"])
    assert not files.same_content(names["a"], other)
    assert not files.same_content(str(tmp_path), str(tmp_path))
    assert not files.same_content(names["a"], str(tmp_path / "missing"))


def test_size_of_a_file_a_folder_and_nothing(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "a", "12")
    write(tmp_path / "folder" / "deep" / "b", "345")
    assert files.size(str(tmp_path / "folder" / "a")) == 2
    assert files.size(str(tmp_path / "folder")) == 5
    assert files.size(str(tmp_path / "missing")) == 0
