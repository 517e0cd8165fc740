"""Results that take the places of what was there, on a real disk."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from datamake import files, replacing
from tests.unit.on_disk import KINDS, look, make, tree, write
from tests.unit.privileges import without_privileges


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, which everybody may reach."""
    with TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.chdir(folder)
        yield Path(folder)
        monkeypatch.undo()


@pytest.mark.parametrize("new", KINDS)
@pytest.mark.parametrize("old", KINDS)
def test_put_replaces_anything_by_anything_and_put_back_undoes_it(
    tmp_path: Path, old: str, new: str
) -> None:
    staged, place, held = tmp_path / "staged", tmp_path / "place", tmp_path / "held" / "place"
    make(staged, new, "new")
    make(place, old, "old")
    replacing.put(str(staged), str(place), str(held), precious=False)
    assert look(place) == "new"
    assert look(held) == "old"
    assert replacing.put_back(str(held), str(place))
    assert look(place) == "old"
    assert not replacing.put_back(str(held), str(place))


def test_put_where_nothing_is_holds_nothing(tmp_path: Path) -> None:
    staged = write(tmp_path / "staged", "new")
    replacing.put(staged, str(tmp_path / "place"), str(tmp_path / "held" / "place"), precious=True)
    assert tree(tmp_path) == {"place": "new"}
    assert not (tmp_path / "held").exists()


def test_put_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    make(tmp_path / "place", "folder", "old")
    for kind in ("folder", "file"):
        make(tmp_path / "other", kind, "old")
        with pytest.raises(FileNotFoundError):
            replacing.put(
                str(tmp_path / "missing"), str(tmp_path / "place"), str(tmp_path / "h" / "p"),
                precious=True,
            )  # fmt: skip
        assert look(tmp_path / "place") == "old"
        files.remove(str(tmp_path / "other"))


def test_a_file_is_held_without_a_copy(tmp_path: Path) -> None:
    place = write(tmp_path / "place", "old")
    inode = os.stat(place).st_ino
    replacing.put(write(tmp_path / "new", "new"), place, str(tmp_path / "h" / "p"), precious=False)
    assert os.stat(tmp_path / "h" / "p").st_ino == inode


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
            replacing.put("staged", "place", f"held/{number}", precious=False)
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
        replacing.put("first", "place", "held/place", precious=False)
        replacing.put("second", "place", "held/place", precious=True)
        assert os.listdir("place/inner") == ["second"]
        assert stat.S_IMODE(os.stat("place").st_mode) == 0o555
        assert replacing.put_back("held/place", "place")
        assert os.listdir("place/inner") == ["first"]
        files.remove("place")
    assert not os.path.exists("place")
