"""When .datamake/store.sqlite is damaged, deleted, newer, or can't be there at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, wait_until

DODO = """
    def copy(dependencies, targets):
        note("copy")
        pathlib.Path(targets[0]).write_bytes(pathlib.Path(dependencies[0]).read_bytes())

    def task_copy():
        return {"file_dep": ["raw.txt"], "targets": ["copied.txt"], "actions": [copy],
                "clean": True}
"""


@pytest.fixture
def built(project: Project) -> Project:
    """A stage that is built."""
    project.write("raw.txt", "raw")
    project.dodo(DODO)
    project.doit()
    assert project.ran() == ["copy"]
    return project


def store(project: Project) -> Path:
    return project.folder / ".datamake" / "store.sqlite"


def own_files(project: Project) -> list[str]:
    return sorted(os.listdir(project.folder / ".datamake"))


@pytest.mark.parametrize("harm", ["garbage", "truncated", "half of it"])
def test_a_damaged_store_is_set_aside_and_building_goes_on(built: Project, harm: str) -> None:
    content = store(built).read_bytes()
    harmed = {"garbage": b"\x00junk" * 999, "truncated": content[:99], "half of it": content[:8192]}
    store(built).write_bytes(harmed[harm])
    said = built.doit()
    assert "store.sqlite is damaged" in said.err
    assert "every stage counts as never built" in said.err
    assert built.ran() == ["copy"]
    (aside,) = (name for name in own_files(built) if "damaged" in name)
    assert (built.folder / ".datamake" / aside).read_bytes() == harmed[harm]
    assert aside in said.err
    assert built.doit().err == ""
    assert built.ran() == []


def test_damage_that_shows_while_it_is_used_ends_in_a_line(built: Project) -> None:
    size = store(built).stat().st_size
    with store(built).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    said = built.doit(code=None)
    if said.code == 3:
        assert said.err.splitlines()[-1] == (
            "ERROR: type the same command again to go on with the new store"
        )
    assert "Traceback" not in said
    assert "store.sqlite is damaged" in said.err
    built.doit()
    assert built.ran() == ["copy"]
    built.doit()
    assert built.ran() == []


def test_an_empty_or_deleted_store_is_begun_anew(built: Project) -> None:
    store(built).write_bytes(b"")
    built.doit()
    shutil.rmtree(built.folder / ".datamake")
    assert "never built" in built.doit("why", "copy")
    built.doit()
    assert built.ran() == ["copy", "copy"]
    assert built.read("copied.txt") == "raw"
    assert built.doit().err == ""
    assert built.ran() == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 99", "was written by a newer datamake (format 99;"),
        ("PRAGMA application_id = 7", "belongs to another program"),
    ],
)
def test_a_newer_or_anothers_store_is_refused_and_left_as_it_is(
    built: Project, statement: str, message: str
) -> None:
    with closing(sqlite3.connect(store(built))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(statement)
    before, files = store(built).read_bytes(), own_files(built)
    for arguments in ([], ["list", "-s"], ["why", "copy"], ["clean"], ["forget", "copy"]):
        said = built.doit(*arguments, code=3)
        assert message in said.err
        assert said.err.count("\n") == 1
    assert built.ran() == []
    assert store(built).read_bytes() == before
    assert own_files(built) == files
    assert "copy" in built.doit("list")


def test_where_no_store_can_be_made_all_can_be_looked_at_and_nothing_built(
    project: Project,
) -> None:
    project.write("raw.txt", "raw")
    project.dodo(DODO)
    project.write(".datamake", "in its place\n")
    assert "R copy" in project.doit("list", "-s")
    assert "never built" in project.doit("run", "--dry-run")
    for arguments in ([], ["ignore", "copy"], ["forget", "copy"]):
        said = project.doit(*arguments, code=3)
        assert said.err == (
            "ERROR: .datamake/store.sqlite can't be written, and nothing is built unrecorded:"
            " .datamake is a file: rename it or remove it, and type the same command again\n"
        )
    assert project.ran() == []
    assert project.read(".datamake") == "in its place\n"
    assert not project.exists("copied.txt")


def test_a_store_that_is_deleted_while_a_stage_runs_is_begun_anew_with_its_record(
    project: Project,
) -> None:
    project.dodo(
        """
        def slow(targets):
            note("slow")
            while not os.path.exists("go"):
                time.sleep(0.01)
            pathlib.Path(targets[0]).write_text("done")

        def task_slow():
            return {"targets": ["slow.txt"], "actions": [slow]}
        """
    )
    process = project.start()
    wait_until(lambda: project.exists("ran.log"))
    shutil.rmtree(project.folder / ".datamake")
    project.write("go", "")
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "store.sqlite was removed or replaced while it was in use" in err
    assert project.read("slow.txt") == "done"
    assert project.ran() == ["slow"]
    assert "1 up to date" in project.doit().out
    assert project.ran() == []


def test_two_stores_in_one_project_know_nothing_of_each_other(built: Project) -> None:
    built.doit("--db-file", "odd/na me")
    assert built.ran() == ["copy"]
    built.doit("--db-file", "odd/na me")
    built.doit()
    assert built.ran() == []
    assert "odd%2Fna%20me.sqlite" in own_files(built)
    assert not built.exists("odd")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize(
    "what",
    [".datamake is a link to nowhere, which is no folder", ".datamake/store.sqlite is a folder"],
)
def test_what_is_in_the_way_of_the_store_is_named_with_what_to_do(
    project: Project, what: str, workers: tuple[str, ...]
) -> None:
    project.dodo(DODO)
    project.write("raw.txt", "raw")
    path = project.folder / what.split(maxsplit=1)[0]
    if "link" in what:
        path.symlink_to("nowhere")
    else:
        path.mkdir(parents=True)
    said = project.doit(*workers, code=3)
    assert said.err.count("\n") == 1
    assert said.err.endswith(f": {what}: rename it or remove it, and type the same command again\n")
    assert project.ran() == []
    path.unlink() if "link" in what else path.rmdir()
    project.doit(*workers)
    assert project.ran() == ["copy"]
