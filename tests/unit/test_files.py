"""Moves and copies on a real disk: the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from datamake import files
from tests.unit.privileges import without_privileges


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def tree(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


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


KINDS = ("file", "folder", "link")


def make(path: Path, kind: str, text: str) -> None:
    if kind == "file":
        write(path, text)
    elif kind == "folder":
        write(path / "in", text)
    else:
        os.symlink(text, path)


def look(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return (path / "in").read_text() if path.is_dir() else path.read_text()


@pytest.mark.parametrize("new", KINDS)
@pytest.mark.parametrize("old", KINDS)
def test_put_replaces_anything_by_anything_and_put_back_undoes_it(
    tmp_path: Path, old: str, new: str
) -> None:
    staged, place, held = tmp_path / "staged", tmp_path / "place", tmp_path / "held" / "place"
    make(staged, new, "new")
    make(place, old, "old")
    files.put(str(staged), str(place), str(held), precious=False)
    assert look(place) == "new"
    assert look(held) == "old"
    assert files.put_back(str(held), str(place))
    assert look(place) == "old"
    assert not files.put_back(str(held), str(place))


def test_put_where_nothing_is_holds_nothing(tmp_path: Path) -> None:
    staged = write(tmp_path / "staged", "new")
    files.put(staged, str(tmp_path / "place"), str(tmp_path / "held" / "place"), precious=True)
    assert tree(tmp_path) == {"place": "new"}
    assert not (tmp_path / "held").exists()


def test_put_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    make(tmp_path / "place", "folder", "old")
    for kind in ("folder", "file"):
        make(tmp_path / "other", kind, "old")
        with pytest.raises(FileNotFoundError):
            files.put(
                str(tmp_path / "missing"), str(tmp_path / "place"), str(tmp_path / "h" / "p"),
                precious=True,
            )  # fmt: skip
        assert look(tmp_path / "place") == "old"
        files.remove(str(tmp_path / "other"))


def test_a_file_is_held_without_a_copy(tmp_path: Path) -> None:
    place = write(tmp_path / "place", "old")
    inode = os.stat(place).st_ino
    files.put(write(tmp_path / "new", "new"), place, str(tmp_path / "h" / "p"), precious=False)
    assert os.stat(tmp_path / "h" / "p").st_ino == inode


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


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, which everybody may reach."""
    with TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.chdir(folder)
        yield Path(folder)
        monkeypatch.undo()


def test_a_folder_is_never_missing_while_another_takes_its_place(here: Path) -> None:
    missing = threading.Event()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if not os.path.isdir("place"):
                missing.set()

    Path("place").mkdir()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number in range(300):
            Path("staged").mkdir()
            Path("staged", str(number)).touch()
            files.put("staged", "place", f"held/{number}", precious=False)
            assert os.listdir("place") == [str(number)]
    finally:
        over.set()
        watcher.join()
    assert not missing.is_set()
    assert os.listdir("held/299") == ["298"]


def test_a_folder_that_nobody_may_write_in_is_moved_and_removed(here: Path) -> None:
    here.chmod(0o777)
    with without_privileges():
        for name in ("first", "second"):
            Path(name, "inner").mkdir(parents=True)
            Path(name, "inner", name).touch()
            Path(name, "inner").chmod(0o555)
            Path(name).chmod(0o555)
        files.put("first", "place", "held/place", precious=False)
        files.put("second", "place", "held/place", precious=True)
        assert os.listdir("place/inner") == ["second"]
        assert stat.S_IMODE(os.stat("place").st_mode) == 0o555
        assert files.put_back("held/place", "place")
        assert os.listdir("place/inner") == ["first"]
        files.remove("place")
    assert not os.path.exists("place")
