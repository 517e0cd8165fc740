"""SQLite databases as targets, which SQLite itself may write to after the action."""

from __future__ import annotations

import contextlib
import re
import sqlite3

import pytest

from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo, staging_folders

DATABASE = """
    import sqlite3

    OPEN = []

    def make(path):
        database = sqlite3.connect(path)
        database.execute("pragma journal_mode=wal")
        database.execute("create table numbers (n)")
        database.execute("insert into numbers values (?)", (turn(),))
        database.commit()
        if {stays_open}:
            OPEN.append(database)

    def staged(targets):
        make(targets[0])

    def in_place():
        make("data/numbers.db")

    def read(dependencies, targets):
        database = sqlite3.connect(dependencies[0])
        rows = database.execute("select n from numbers").fetchall()
        pathlib.Path(targets[0]).write_text(str(rows))

    def task_numbers():
        return {{"file_dep": ["turn"], "targets": ["data/numbers.db"], "actions": [{action}]}}

    def task_read():
        return {{"file_dep": ["data/numbers.db"], "targets": ["rows"], "actions": [read]}}
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"]])
@pytest.mark.parametrize("stays_open", [False, True])
@pytest.mark.parametrize("action", ["staged", "in_place"])
def test_a_database_with_a_log_beside_it_is_whole_when_it_is_built(
    project: Project, action: str, stays_open: bool, options: list[str]
) -> None:
    dodo(project, DATABASE.format(action=action, stays_open=stays_open))
    (project.folder / "data").mkdir()
    for turn in ("one", "two"):
        project.write("turn", turn)
        said = project.doit("run", *options)
        assert "2 built" in said.out
        assert "kept" not in said.out
        assert project.read("rows") == f"[({turn!r},)]"
        for _ in range(2):
            assert "2 up to date" in project.doit("run", *options).out
        with contextlib.closing(sqlite3.connect(project.folder / "data/numbers.db")) as database:
            assert database.execute("select n from numbers").fetchall() == [(turn,)]
        assert "2 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


def test_what_only_looks_like_one_is_left_alone(project: Project) -> None:
    dodo(
        project,
        """
        def write(targets):
            pathlib.Path(targets[0]).write_bytes(b"SQLite format 3\\0 not at all")
            pathlib.Path(targets[0] + "-wal").write_text("log")
            pathlib.Path(targets[1]).write_text("text")
            pathlib.Path(targets[1] + "-wal").write_text("log")

        def task_a():
            return {"targets": ["a.db", "b.db"], "actions": [write]}
        """,
    )
    assert "1 built" in project.doit().out
    assert project.read("a.db") == "SQLite format 3\0 not at all"
    assert project.read("b.db-wal") == project.read("a.db-wal") == "log"
    assert "1 up to date" in project.doit().out


def test_the_log_of_the_old_database_is_not_taken_for_one_of_the_new(project: Project) -> None:
    dodo(
        project,
        """
        import sqlite3

        def make(targets):
            database = sqlite3.connect(targets[0])
            database.execute("create table numbers (n)")
            database.execute("insert into numbers values (?)", (turn(),))
            database.commit()
            database.close()

        def task_numbers():
            return {"file_dep": ["turn"], "targets": ["numbers.db"], "actions": [make]}
        """,
    )
    project.write("turn", "one")
    project.doit()
    with contextlib.closing(sqlite3.connect(project.folder / "numbers.db")) as by_hand:
        by_hand.execute("pragma journal_mode=wal")
        by_hand.execute("create table notes (text)")
        by_hand.execute("insert into notes values ('by hand')")
        by_hand.commit()
        assert project.exists("numbers.db-wal")
        project.write("turn", "two")
        said = project.doit()
    place = re.search(r"numbers.db was edited by hand; that file is kept as (\S+)", said.out)
    assert place is not None
    with contextlib.closing(sqlite3.connect(project.folder / place[1])) as database:
        assert database.execute("select text from notes").fetchall() == [("by hand",)]
    with contextlib.closing(sqlite3.connect(project.folder / "numbers.db")) as database:
        assert database.execute("select n from numbers").fetchall() == [("two",)]
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
