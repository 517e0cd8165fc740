"""Folders and files that everybody may use who may use the folder they are made in."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamake.sharing import make_file, make_folders
from tests.unit.privileges import NOBODY

MODES = [0o700, 0o750, 0o770, 0o775, 0o777, 0o2770]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("of_parent", MODES, ids=oct)
@pytest.mark.usefixtures("umask")
def test_a_folder_is_for_who_may_use_the_one_it_lies_in(tmp_path: Path, of_parent: int) -> None:
    parent = tmp_path / "parent"
    parent.mkdir()
    parent.chmod(of_parent)
    make_folders(str(parent / "made" / "deep"))
    expected = of_parent & 0o777 | (0o2000 if of_parent & 0o020 else 0)
    assert mode(parent / "made") == mode(parent / "made" / "deep") == expected


@pytest.mark.parametrize("of_parent", MODES, ids=oct)
@pytest.mark.usefixtures("umask")
def test_a_file_is_for_who_may_use_its_folder(tmp_path: Path, of_parent: int) -> None:
    tmp_path.chmod(of_parent)
    make_file(str(tmp_path / "made"))
    assert mode(tmp_path / "made") == of_parent & 0o666
    assert (tmp_path / "made").read_bytes() == b""


def test_the_umask_is_as_it_was(tmp_path: Path, umask: int) -> None:
    make_folders(str(tmp_path / "made" / "deep"))
    make_file(str(tmp_path / "made" / "file"))
    assert os.umask(umask) == umask


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "file").chmod(0o600)
    make_folders(str(tmp_path / "folder"))
    make_file(str(tmp_path / "file"))
    assert mode(tmp_path / "folder") == 0o700
    assert ((tmp_path / "file").read_text(), mode(tmp_path / "file")) == ("mine", 0o600)


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in ("file", "file/below"):
        with pytest.raises(NotADirectoryError):
            make_folders(str(tmp_path / path))
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(NotADirectoryError):
        make_folders(str(tmp_path / "dangling"))


def test_a_folder_and_a_file_may_be_named_without_one_around_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_folders("made")
    make_file("file")
    assert (Path("made").is_dir(), Path("file").is_file()) == (True, True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives folders away")
def test_what_is_made_belongs_to_the_group_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, -1, NOBODY)
    tmp_path.chmod(0o770)
    make_folders(str(tmp_path / "made"))
    make_file(str(tmp_path / "made" / "file"))
    assert (tmp_path / "made").stat().st_gid == NOBODY
    assert (tmp_path / "made" / "file").stat().st_gid == NOBODY


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_who_is_not_of_the_group_gives_its_own_no_more_than_others() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o775)
    os.chown(folder, NOBODY, NOBODY - 1)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            make_folders(str(folder / "made"))
            make_file(str(folder / "file"))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert mode(folder / "made") & 0o2070 == 0o050
    assert mode(folder / "file") & 0o070 == 0o040
    shutil.rmtree(folder)
