"""Opening the store: made anew, left alone, set aside, or read only."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from datamake.store_file import connect, is_damage, set_aside
from datamake.store_schema import APPLICATION_ID, FORMAT, LACKING, StoreError
from tests.unit.privileges import without_privileges


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / ".datamake" / "store.sqlite")


def make(path: str) -> None:
    connection, writable = connect(path)
    assert writable
    connection.execute("INSERT INTO ignored VALUES ('squares')")
    connection.close()


def ignored(path: str) -> list[str]:
    connection, _ = connect(path)
    with closing(connection):
        return [name for (name,) in connection.execute("SELECT stage FROM ignored")]


def content(path: str) -> dict[str, bytes]:
    folder = Path(path).parent
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_new_store_is_made_with_its_folder_that_git_ignores(path: str) -> None:
    make(path)
    assert ignored(path) == ["squares"]
    assert content(path).keys() == {"store.sqlite", ".gitignore"}
    assert content(path)[".gitignore"] == b"*\n"


def test_a_gitignore_that_is_there_is_left_as_it_is(path: str) -> None:
    os.mkdir(os.path.dirname(path))
    own = Path(path).with_name(".gitignore")
    own.write_text("!kept\n")
    make(path)
    assert own.read_text() == "!kept\n"


def test_the_file_says_whose_it_is_and_in_which_format(path: str) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_empty_file_is_a_store_not_yet_made(path: str) -> None:
    os.mkdir(os.path.dirname(path))
    Path(path).touch()
    make(path)
    assert ignored(path) == ["squares"]


# What is not ours stays as it is


def newer(path: str) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")


def anothers(path: str) -> None:
    os.mkdir(os.path.dirname(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (value)")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [(newer, "newer datamake .*update datamake"), (anothers, "another program: move it away")],
)
def test_what_is_newer_or_anothers_is_refused_and_left_as_it_is(
    path: str,
    capsys: pytest.CaptureFixture[str],
    prepare: Callable[[str], None],
    message: str,
) -> None:
    prepare(path)
    before = content(path)
    with pytest.raises(StoreError, match=message):
        connect(path)
    assert content(path) == before
    assert capsys.readouterr().err == ""


def test_a_folder_in_the_place_of_the_store_is_refused(path: str) -> None:
    os.makedirs(path)
    with pytest.raises(StoreError, match="can't be opened"):
        connect(path)
    assert os.path.isdir(path)


# Damage


def garbage(path: str) -> None:
    Path(path).write_bytes(b"no database at all, but long enough to be one " * 100)


def truncated_header(path: str) -> None:
    os.truncate(path, 50)


def truncated(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def overwritten_behind_the_header(path: str) -> None:
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (os.path.getsize(path) - 100))


@pytest.mark.parametrize(
    "harm", [garbage, truncated, truncated_header, overwritten_behind_the_header]
)
def test_a_damaged_store_is_set_aside_and_said_so(
    path: str, capsys: pytest.CaptureFixture[str], harm: Callable[[str], None]
) -> None:
    make(path)
    harm(path)
    harmed = Path(path).read_bytes()
    assert ignored(path) == []
    said = capsys.readouterr().err
    (aside,) = (name for name in content(path) if ".damaged-" in name)
    assert content(path)[aside] == harmed
    assert f"{path} is damaged" in said
    assert aside in said
    make(path)
    assert capsys.readouterr().err == ""


def test_damage_that_shows_later_is_known_as_damage(path: str) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO ignored VALUES (?)", ((f"stage {number}",) for number in range(5000))
        )
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))
    with pytest.raises(sqlite3.DatabaseError) as caught:
        ignored(path)
    assert is_damage(caught.value)


def test_a_store_in_use_is_no_damage(path: str) -> None:
    make(path)
    with closing(sqlite3.connect(path, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            closing(sqlite3.connect(path, timeout=0)) as connection,
            pytest.raises(sqlite3.OperationalError) as caught,
        ):
            connection.execute("BEGIN IMMEDIATE")
    assert not is_damage(caught.value)


def test_the_log_of_a_damaged_store_is_set_aside_with_it(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkdir(os.path.dirname(path))
    for suffix in ("", "-wal", "-shm"):
        Path(path + suffix).write_text(f"damaged{suffix}")
    aside = set_aside(path, "it is broken")
    assert {name: Path(aside + name).read_text() for name in ("", "-wal", "-shm")} == {
        "": "damaged",
        "-wal": "damaged-wal",
        "-shm": "damaged-shm",
    }
    assert not os.path.exists(path)
    assert "it is broken" in capsys.readouterr().err


def test_a_second_damage_does_not_take_the_place_of_the_first(path: str) -> None:
    os.mkdir(os.path.dirname(path))
    asides = set()
    for number in range(3):
        Path(path).write_text(f"damaged {number}")
        asides.add(Path(set_aside(path, "broken")).read_text())
    assert len(content(path)) == len(asides) == 3


# Where nothing can be written


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A project's folder that everybody may look into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_file_in_place_of_the_folder_leaves_nothing_known(tmp_path: Path) -> None:
    (tmp_path / ".datamake").touch()
    connection, writable = connect(str(tmp_path / ".datamake" / "store.sqlite"))
    with closing(connection):
        assert not writable
        assert connection.execute("SELECT * FROM record").fetchall() == []


def test_where_no_folder_can_be_made_nothing_is_known(shared_folder: Path) -> None:
    shared_folder.chmod(0o555)
    try:
        with without_privileges():
            connection, writable = connect(str(shared_folder / ".datamake" / "store.sqlite"))
    finally:
        shared_folder.chmod(0o755)
    with closing(connection):
        assert not writable
        assert connection.execute("SELECT * FROM record").fetchall() == []
    assert list(shared_folder.iterdir()) == []


def test_where_the_store_cannot_be_written_it_is_read(shared_folder: Path) -> None:
    path = str(shared_folder / "odd %3f name #" / "store.sqlite")
    make(path)
    Path(path).parent.chmod(0o555)
    Path(path).chmod(0o444)
    before = content(path)
    with without_privileges():
        connection, writable = connect(path)
        assert not writable
        assert connection.execute("SELECT stage FROM ignored").fetchall() == [("squares",)]
        connection.close()
    assert content(path) == before
    Path(path).parent.chmod(0o755)


@pytest.mark.parametrize("version", sorted(LACKING))
def test_an_older_store_that_cannot_be_written_is_read_as_one_of_today(
    shared_folder: Path, version: int
) -> None:
    path = str(shared_folder / ".datamake" / "store.sqlite")
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        for table in re.findall(r"CREATE TABLE (\w+)", "".join(LACKING[version])):
            connection.execute(f"DROP TABLE {table}")
        for kind, name in re.findall(r"CREATE (INDEX|TRIGGER) (\w+)", "".join(LACKING[version])):
            connection.execute(f"DROP {kind} IF EXISTS {name}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("PRAGMA journal_mode = DELETE")
    Path(path).parent.chmod(0o555)
    Path(path).chmod(0o444)
    before = content(path)
    with without_privileges():
        connection, writable = connect(path)
        assert not writable
        assert connection.execute("SELECT stage FROM ignored").fetchall() == [("squares",)]
        assert connection.execute("SELECT * FROM run").fetchall() == []
        connection.close()
    assert content(path) == before
    Path(path).parent.chmod(0o755)
    Path(path).chmod(0o644)
    assert ignored(path) == ["squares"]  # and brought up where it can be


def test_a_damaged_store_that_cannot_be_set_aside_is_refused(shared_folder: Path) -> None:
    path = str(shared_folder / ".datamake" / "store.sqlite")
    make(path)
    garbage(path)
    before = content(path)
    with without_privileges(), pytest.raises(StoreError, match="can't be opened: file is not"):
        connect(path)
    assert content(path) == before
