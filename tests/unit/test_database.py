"""The store's file while it is open: transactions, and a file that is taken away."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from datamake import store_file
from datamake.database import Database
from datamake.store_schema import StoreError


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(str(tmp_path / "project" / ".datamake" / "store.sqlite"))
    yield database
    database.close()


def ignore(database: Database, name: str) -> int:
    return database.change("INSERT INTO ignored VALUES (?)", name)


def ignored(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT stage FROM ignored ORDER BY stage")]


def seen_by_others(database: Database) -> list[str]:
    with closing(Database(database.path, make=False)) as other:
        return ignored(other)


def test_a_transaction_is_done_whole_or_not_at_all(database: Database) -> None:
    with database.transaction():
        ignore(database, "one")
        with database.transaction():
            database.change_all("INSERT INTO ignored VALUES (?)", [("two",), ("three",)])
        assert seen_by_others(database) == []
    assert seen_by_others(database) == ["one", "three", "two"]
    with pytest.raises(KeyboardInterrupt), database.transaction():
        ignore(database, "four")
        raise KeyboardInterrupt
    assert ignored(database) == ["one", "three", "two"]
    assert ignore(database, "five") == 1


def test_a_transaction_that_was_rolled_back_already_ends_with_its_own_error(
    database: Database,
) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        ignore(database, "one")
        database.change("INSERT OR ROLLBACK INTO ignored VALUES ('one')")
    assert ignored(database) == []
    ignore(database, "two")
    assert seen_by_others(database) == ["two"]


# Taken away


def test_a_file_that_is_removed_is_made_anew_by_the_next_change(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    ignore(database, "before")
    shutil.rmtree(os.path.dirname(database.path))
    assert ignored(database) == ["before"]
    ignore(database, "after")
    assert seen_by_others(database) == ignored(database) == ["after"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{database.path} was removed or replaced while it was in use" in said
    ignore(database, "later")
    assert capsys.readouterr().err == ""


def test_a_file_that_is_replaced_is_used_from_then_on(database: Database) -> None:
    ignore(database, "before")
    folder = os.path.dirname(database.path)
    os.rename(folder, f"{folder}.moved")
    with closing(Database(database.path)) as other:
        ignore(other, "of another run")
        ignore(database, "after")
        assert ignored(other) == ["after", "of another run"]


def test_it_is_made_anew_in_its_place_wherever_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with closing(Database(".datamake/store.sqlite")) as database:
        shutil.rmtree(".datamake")
        monkeypatch.chdir("elsewhere")
        ignore(database, "one")
    assert os.listdir(tmp_path / "elsewhere") == []
    assert (tmp_path / ".datamake" / "store.sqlite").exists()


def test_where_it_cannot_be_made_anew_nothing_is_changed(database: Database) -> None:
    shutil.rmtree(os.path.dirname(database.path))
    Path(os.path.dirname(database.path)).touch()
    for _ in range(2):
        with pytest.raises(StoreError, match="can't be written, and nothing is built unrecorded"):
            ignore(database, "one")


# On a file system of many machines


def test_the_journal_is_one_that_many_machines_can_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "store.sqlite")
    with closing(Database(path)) as database:
        ignore(database, "one")
        assert not database.of_many_machines
    monkeypatch.setattr(store_file, "is_of_many_machines", lambda path: True)
    with closing(Database(path)) as database:
        assert database.of_many_machines
        assert ignored(database) == ["one"]
    monkeypatch.undo()
    # What serves the file system to others sees it as its own.
    with closing(Database(path)) as database:
        assert database.of_many_machines


def test_a_store_that_cannot_be_written_is_of_nobody_else(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "store.sqlite"), make=False)) as database:
        assert not database.of_many_machines


# For whom


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o770, 0o775, 0o777])
def test_who_may_write_in_the_folder_may_write_the_store(tmp_path: Path, mode: int) -> None:
    project = tmp_path / "project"
    project.mkdir()
    project.chmod(mode)
    with closing(Database(str(project / ".datamake" / "store.sqlite"))) as database:
        ignore(database, "one")
        folder = project / ".datamake"
        made = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        # The working folder's umask lets nobody else write.
        assert made == dict.fromkeys(made, mode & 0o666)
        assert made.keys() == {".gitignore", "store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}
        for_group = stat.S_ISGID if mode & stat.S_IWGRP else 0
        assert stat.S_IMODE(folder.stat().st_mode) == mode | for_group
