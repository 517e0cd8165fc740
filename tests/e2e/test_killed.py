"""kill -9 at any instant loses nothing that was finished, and leaves nothing behind for long."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

THREE = """
    def write(name, targets):
        note(name)
        pathlib.Path(targets[0]).write_text("half")
        if os.path.exists("slow"):
            pause(name)
        pathlib.Path(targets[0]).write_text(name)

    def task_one():
        return {"targets": ["data/one.txt"], "actions": [(write, ["one"])]}

    def task_two():
        return {"file_dep": ["data/one.txt"], "targets": ["new/two.txt"],
                "actions": [(write, ["two"])]}

    def task_three():
        return {"file_dep": ["new/two.txt"], "targets": ["data/three.txt"],
                "actions": [(write, ["three"])]}

    def task_other():
        return {"targets": ["data/other.txt"], "actions": [(write, ["other"])]}
"""


def test_a_kill_in_the_second_stage_leaves_the_first_and_the_next_run_goes_on(
    project: Project,
) -> None:
    dodo(project, THREE)
    project.doit("one")
    project.ran()
    project.write("slow", "")
    project.kill_when((project.folder / "two.started").exists, "three")
    (project.folder / "two.started").unlink()
    (project.folder / "slow").unlink()
    assert project.ran() == ["two"]
    assert len(staging_folders(project.folder)) == 1
    assert not project.exists("new/two.txt")
    assert "last attempt was interrupted" in project.doit("why", "two").out

    said = project.doit("three")
    assert project.ran() == ["two", "three"]
    assert "1 up to date" in said.out
    assert "last attempt was interrupted" in said.out
    assert "kept" not in said.out
    assert project.files() == ["data/one.txt", "data/three.txt", "new/two.txt"]
    assert staging_folders(project.folder) == []


def test_leftovers_of_the_dead_are_cleared_and_those_of_the_living_are_not(
    project: Project,
) -> None:
    dodo(project, THREE)
    project.write("slow", "")
    living = project.start("other")
    wait_for_pause(project, "other")
    project.kill_when((project.folder / "one.started").exists, "one")
    (project.folder / "one.started").unlink()
    assert len(staging_folders(project.folder)) == 2
    (project.folder / "slow").unlink()

    project.doit("two")
    left = staging_folders(project.folder)
    assert len(left) == 1
    assert os.listdir(left[0]) == ["other.txt"]
    assert project.read("new/two.txt") == "two"

    go_on(project, "other")
    living.communicate(timeout=DEADLINE_SECONDS)
    assert living.returncode == 0
    assert project.read("data/other.txt") == "other"
    assert staging_folders(project.folder) == []


def test_a_kill_while_targets_are_renamed_leaves_all_of_the_old_ones(project: Project) -> None:
    """datamake's own step waits in the middle, for the test to kill it there."""
    dodo(
        project,
        """
        import datamake.replacing

        put = datamake.replacing.put
        count = []

        def slow_put(*arguments, **options):
            put(*arguments, **options)
            count.append(1)
            if turn() == "second" and len(count) == 1:
                pause("put")

        datamake.replacing.put = slow_put

        def write(targets):
            for target in targets:
                pathlib.Path(target).write_text(turn())

        def task_pair():
            return {"file_dep": ["turn"], "targets": ["a.txt", "b.txt"], "actions": [write]}
        """,
    )
    project.write("turn", "first")
    project.doit()
    project.write("turn", "second")
    project.kill_when((project.folder / "put.started").exists)
    (project.folder / "put.started").unlink()
    assert [project.read(name) for name in ("a.txt", "b.txt")] == ["second", "first"]
    project.write("turn", "third")
    said = project.doit()
    assert "kept" not in said.out
    assert [project.read(name) for name in ("a.txt", "b.txt")] == ["third", "third"]
    assert staging_folders(project.folder) == []


def test_a_kill_between_the_rename_and_the_record_is_an_interrupted_attempt(
    project: Project,
) -> None:
    dodo(
        project,
        """
        from datamake.store import Store

        commit = Store.commit

        def slow_commit(store, stage, record, **how):
            assert pathlib.Path("a.txt").read_text() == turn()
            if turn() == "second":
                pause("before")
            commit(store, stage, record, **how)

        from datamake.staging import Staging

        drop = Staging.drop_last_good

        def slow_drop(staging):
            if turn() == "third":
                pause("after")
            drop(staging)

        Store.commit = slow_commit
        Staging.drop_last_good = slow_drop

        def write(targets):
            pathlib.Path(targets[0]).write_text(turn())

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [write]}
        """,
    )
    project.write("turn", "first")
    project.doit()
    project.write("turn", "second")
    project.kill_when((project.folder / "before.started").exists)
    (project.folder / "before.started").unlink()
    project.write("turn", "fourth")
    said = project.doit()
    assert "kept" not in said.out
    assert "last attempt was interrupted" in said.out

    project.write("turn", "third")
    project.kill_when((project.folder / "after.started").exists)
    (project.folder / "after.started").unlink()
    assert staging_folders(project.folder) != []
    assert "1 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


def test_a_folder_that_is_put_back_is_never_seen_half_removed(project: Project) -> None:
    """datamake's own steps wait in the middle, for the test to kill it or to look there."""
    dodo(
        project,
        """
        import shutil
        from datamake.store import Store

        commit, rmtree = Store.commit, shutil.rmtree

        def slow_commit(*arguments, **how):
            if turn() == "second":
                pause("commit")
            return commit(*arguments, **how)

        def slow_rmtree(path, *arguments, **how):
            first = pathlib.Path(path, "0")
            if turn() == "third" and first.exists():
                first.unlink()
                pause("rmtree")
            rmtree(path, *arguments, **how)

        Store.commit, shutil.rmtree = slow_commit, slow_rmtree

        def split(targets):
            os.mkdir(targets[0])
            for number in range(3):
                pathlib.Path(targets[0], str(number)).write_text(turn())

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["data/parts"], "actions": [split]}

        def task_other():
            return {"actions": ["true"]}
        """,
    )

    def parts() -> list[str]:
        return [path.read_text() for path in (project.folder / "data/parts").glob("*")]

    project.write("turn", "first")
    project.doit("parts")
    project.write("turn", "second")
    project.kill_when((project.folder / "commit.started").exists, "parts")
    (project.folder / "commit.started").unlink()
    assert parts() == ["second"] * 3
    project.write("turn", "third")
    process = project.start("other")
    wait_for_pause(project, "rmtree")
    assert parts() in ([], ["first"] * 3)
    go_on(project, "rmtree")
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, (out, err)
    assert parts() == ["first"] * 3
    assert staging_folders(project.folder) == []


def test_to_forget_a_killed_stage_does_not_lose_its_last_good_target(project: Project) -> None:
    dodo(
        project,
        """
        def write():
            pathlib.Path("a.txt").write_text(turn())
            if turn() == "half":
                pause("a")

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [write]}

        def task_b():
            return {"actions": ["cat a.txt; echo"], "verbosity": 2}
        """,
    )
    project.write("turn", "good")
    project.doit("a")
    project.write("turn", "half")
    project.kill_when((project.folder / "a.started").exists, "a")
    project.doit("forget", "a")
    assert "never built" in project.doit("why", "a").out
    assert project.doit("b").out.startswith("good\n")
    assert staging_folders(project.folder) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="watches the system calls")
def test_content_is_written_through_before_the_run_ends_and_noted_only_then(
    project: Project,
) -> None:
    project.dodo("""
        def task_a():
            return {"targets": ["a.txt"], "actions": ["echo text > %(targets)s"]}
    """)
    trace = project.folder / "trace"
    calls = "trace=openat,fsync,rename,pwrite64"
    strace = ["strace", "-y", "-o", str(trace), "-e", calls, sys.executable, "-m", "doit"]
    ran = subprocess.run(strace, cwd=project.folder, capture_output=True, text=True, check=False)
    if "ptrace" in ran.stderr:
        pytest.skip("may not watch the system calls")
    lines = trace.read_text().splitlines()
    renamed = first(lines, r'rename\(".*/?\.datamake-[^/]+/a\.txt", "a\.txt"\) = 0')
    recorded = first(lines, r"pwrite64\(\d+<.*/store\.sqlite-wal>", renamed)
    written_through = first(lines, r"fsync\(\d+<.*/a\.txt>\) += 0", recorded)
    first(lines, r"pwrite64\(\d+<.*/store\.sqlite-wal>", written_through)


def first(lines: list[str], call: str, behind: int = -1) -> int:
    """Return where a system call comes first behind another."""
    return next(i for i, line in enumerate(lines) if i > behind and re.match(call, line))


def test_an_interrupt_is_130_and_the_finished_stage_stays(project: Project) -> None:
    dodo(project, THREE)
    project.doit("one")
    project.write("slow", "")
    process = project.start("three")
    wait_for_pause(project, "two")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert err == "stopped by SIGINT: type the same command again to go on\n"
    assert "Traceback" not in out
    assert staging_folders(project.folder) == []
    assert not project.exists("new")
    (project.folder / "slow").unlink()
    (project.folder / "two.started").unlink()
    project.ran()
    project.doit("three")
    assert project.ran() == ["two", "three"]
