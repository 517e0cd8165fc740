"""A store that another program holds, that is taken away, or that may only be read."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.e2e.bound import COPY, as_nobody
from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause


def test_a_store_that_another_program_holds_is_waited_for_as_long_as_wait_says(
    project: Project,
) -> None:
    project.dodo(COPY)
    project.write("raw.txt", "raw")
    project.doit()
    project.write("raw.txt", "changed")
    path = project.folder / ".datamake" / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        said = project.doit("run", "--wait", "0.3", code=None)
        assert time.monotonic() - begun < 10
        assert said.code in (1, 3)
        assert "locked" in said
        assert "Traceback" not in said
        waiting = project.start("run")
        other.execute("ROLLBACK")
    waiting.communicate(timeout=DEADLINE_SECONDS)
    assert waiting.returncode == 0
    assert project.read("data/copied.txt") == "changed"


def test_a_store_that_is_deleted_while_stages_run_costs_no_output(project: Project) -> None:
    dodo(
        project,
        """
        def write(name, targets):
            pause(name)
            pathlib.Path(targets[0]).write_text(name)

        def task_a():
            return {"targets": ["a.txt"], "actions": [(write, ["a"])]}

        def task_b():
            return {"file_dep": ["a.txt"], "targets": ["b.txt"], "actions": [(write, ["b"])]}
        """,
    )
    process = project.start()
    wait_for_pause(project, "a")
    shutil.rmtree(project.folder / ".datamake")
    go_on(project, "a")
    wait_for_pause(project, "b")
    go_on(project, "b")
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, (out, err)
    assert [project.read(name) for name in ("a.txt", "b.txt")] == ["a", "b"]
    wait_until(lambda: staging_folders(project.folder) == [])


def test_who_waits_for_the_store_says_for_which_file_and_goes_on(project: Project) -> None:
    project.dodo(COPY)
    project.write("raw.txt", "raw")
    project.doit()
    project.write("raw.txt", "changed")
    path = project.folder / ".datamake" / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        waiting = project.start()
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert time.monotonic() - begun < 20
        other.execute("ROLLBACK")
    words = "waiting for .datamake/store.sqlite, which another program holds"
    assert said == f"{words} (at most 1 min 00 s)\n"
    _, err = waiting.communicate(timeout=DEADLINE_SECONDS)
    assert (waiting.returncode, err) == (0, "")
    assert project.read("data/copied.txt") == "changed"


def test_wait_bounds_the_opening_of_the_store_too(project: Project) -> None:
    project.dodo(COPY)
    project.write("raw.txt", "raw")
    project.doit()
    path = project.folder / ".datamake" / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")  # not even readers, as a repair does
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        said = project.doit("run", "--wait", "0.3", code=3)
        assert time.monotonic() - begun < 20
    assert "Traceback" not in said
    assert "locked" in said.err.splitlines()[-1]
    assert "1 up to date" in project.doit().out


@pytest.mark.parametrize("with_shared_memory", [True, False], ids=["both", "the log alone"])
def test_who_may_only_read_sees_what_is_still_in_the_log(
    anyones: Project, with_shared_memory: bool
) -> None:
    anyones.dodo(COPY)
    anyones.write("raw.txt", "raw")
    anyones.doit()
    folder, kept = anyones.folder / ".datamake", anyones.folder / "kept"
    with closing(sqlite3.connect(folder / "store.sqlite")) as reader:
        # As long as somebody has the store open, its log is not written into it.
        reader.execute("SELECT count(*) FROM record").fetchone()
        anyones.write("raw.txt", "changed")
        anyones.doit()
        shutil.copytree(folder, kept)
    assert (kept / "store.sqlite-wal").stat().st_size > 0
    shutil.rmtree(folder)
    kept.rename(folder)
    if not with_shared_memory:
        (folder / "store.sqlite-shm").unlink()
    for path in (anyones.folder, *anyones.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(map(str, anyones.folder.rglob("*")))
    done = as_nobody(anyones, "list", "-s")
    assert (done.returncode, done.stderr) == (0, "")
    assert "U copy" in done.stdout
    assert sorted(map(str, anyones.folder.rglob("*"))) == before
    assert os.stat(folder / "store.sqlite-wal").st_size > 0


# From none at all to one behind which a few stages can be recorded, in bytes.
LIMITS = (0, 100, 20_000, 40_000, 60_000, 100_000, 150_000)


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("is_built", [False, True], ids=["first run", "later run"])
def test_a_store_that_can_not_grow_is_one_line_and_damages_nothing(
    project: Project, is_built: bool, workers: str
) -> None:
    stages = 20
    project.dodo(f"""
        def copy(dependencies, targets):
            note("copy")
            pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

        def task_copy():
            for number in range({stages}):
                yield {{"name": str(number), "file_dep": ["raw.txt"],
                       "targets": [f"out/{{number}}"], "actions": [copy]}}
    """)
    project.write("raw.txt", "old")
    if is_built:
        project.doit()
    began = 0
    for limit in LIMITS:
        if not is_built:
            for folder in ("out", ".datamake"):
                shutil.rmtree(project.folder / folder, ignore_errors=True)
        project.write("raw.txt", str(limit))
        project.ran()
        done = subprocess.run(
            [sys.executable, "-m", "doit", "-n", workers],
            cwd=project.folder, capture_output=True, text=True, check=False,
            timeout=DEADLINE_SECONDS,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),  # noqa: B023
        )  # fmt: skip
        assert done.returncode == (2 if project.ran() else 3), (limit, done)
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("ERROR: .datamake/")
        assert "`ulimit -f`" in done.stderr or "File too large" in done.stderr
        began += "built" in done.stdout
        found = [path.read_text() for path in (project.folder / "out").glob("[0-9]*")]
        assert {*found} <= {"old", str(limit), *map(str, LIMITS)}
        project.doit("-n", workers)
        assert [project.read(f"out/{number}") for number in range(stages)] == [str(limit)] * stages
        assert f"{stages} up to date" in project.doit("-n", workers).out
        assert staging_folders(project.folder) == []
        assert not list(project.folder.glob(".datamake/*damaged*"))
        assert project.read(".datamake/.gitignore") == "*\n"
        with closing(sqlite3.connect(project.folder / ".datamake/store.sqlite")) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert began > 0  # the largest limit is hit between stages
