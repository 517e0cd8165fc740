"""Actions that misbehave, and machines that run out of things: what is good stays good."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.test_interrupted import left_behind
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause
from tests.unit.privileges import NOBODY

# Actions that misbehave when the turn is "bad", and write their target when it is not.
LEAVING = """
    import threading

    def write(targets):
        pathlib.Path(targets[0]).write_text(turn())

    def leaves(targets):
        write(targets)
        if turn() == "bad":
            os._exit(0)

    def leaves_deep(targets):
        write(targets)
        if turn() == "bad":
            try:
                os._exit(3)
            except Exception:
                pass

    def exits(targets):
        write(targets)
        if turn() == "bad":
            sys.exit(0)

    def stage(name, action):
        return {"basename": name, "file_dep": ["turn"], "targets": [f"data/{name}.txt"],
                "actions": [action]}

    def task_all():
        yield stage("leaves", leaves)
        yield stage("leaves_deep", leaves_deep)
        yield stage("exits", exits)
        yield stage("after", write)
"""


def test_who_leaves_the_process_fails_alone(project: Project) -> None:
    dodo(project, LEAVING)
    project.write("turn", "good")
    project.doit()
    project.write("turn", "bad")
    said = project.doit("-c", code=None)
    assert said.code in (1, 2)
    assert "leaves failed: the action called os._exit(0)\n" in said.out
    assert "leaves_deep failed: the action called os._exit(3)\n" in said.out
    assert "exits failed: the action called sys.exit(0)\n" in said.out
    for name in ("leaves", "leaves_deep", "exits"):
        assert project.read(f"data/{name}.txt") == "good"
    assert project.read("data/after.txt") == "bad"
    assert staging_folders(project.folder) == []


def test_a_forked_child_may_leave_as_it_likes(project: Project) -> None:
    project.dodo("""
        import multiprocessing

        def work(target):
            pathlib.Path(target).write_text("by a child")
            os._exit(0)

        def forks(targets):
            context = multiprocessing.get_context("fork")
            child = context.Process(target=work, args=(targets[0],))
            child.start()
            child.join()
            assert child.exitcode == 0

        def task_a():
            return {"targets": ["a.txt"], "actions": [forks]}
    """)
    project.doit(PYTHONWARNINGS="ignore")
    assert project.read("a.txt") == "by a child"


# What an action does to the process it runs in must not reach the next stage, nor the report.
CARELESS = {
    "closes_stdout": "sys.stdout.close(); os.close(1)",
    "closes_stderr": "sys.stderr.close(); os.close(2)",
    "replaces_stdout": "sys.stdout = None",
    "ignores_signals": "[signal.signal(n, signal.SIG_IGN) for n in (2, 15, 1)]",
    "own_alarm": "signal.signal(signal.SIGALRM, lambda *_: None)",
    "starts_threads": "threading.Thread(target=outlive, args=(targets,)).start()",
    "changes_folder": "os.chdir('/')",
    "changes_umask": "os.umask(0o077)",
    "changes_environment": "os.environ.pop('DATAMAKE_ATTEMPT')",
}


@pytest.mark.parametrize("name", CARELESS)
def test_a_careless_action_does_not_harm_the_next(project: Project, name: str) -> None:
    dodo(
        project,
        f"""
        import signal, threading

        def outlive(targets):
            time.sleep(0.2)

        def careless(targets):
            pathlib.Path(targets[0]).write_text("careless")
            try:
                {CARELESS[name]}
            except AttributeError:
                pass

        def task_careless():
            return {{"targets": ["careless.txt"], "actions": [careless]}}

        def task_next():
            return {{"targets": ["next.txt"], "actions": [lambda targets: pause("next"),
                    "echo next > %(targets)s"]}}
        """,
    )
    process = project.start()
    wait_for_pause(project, "next")
    go_on(project, "next")
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, (out, err)
    assert "Traceback" not in out + err
    assert project.read("careless.txt") == "careless"
    assert project.read("next.txt") == "next\n"
    process = project.start("-a", "next")
    wait_for_pause(project, "next")
    process.terminate()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143


def test_signals_are_heard_again_behind_an_action_that_ignored_them(project: Project) -> None:
    dodo(
        project,
        """
        import signal

        def deaf(targets):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            pathlib.Path(targets[0]).write_text("deaf")

        def task_deaf():
            return {"targets": ["deaf.txt"], "actions": [deaf]}

        def task_next():
            return {"targets": ["next.txt"], "actions": [lambda targets: pause("next")]}
        """,
    )
    process = project.start()
    wait_for_pause(project, "next")
    process.terminate()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143


def test_an_interrupt_that_an_action_swallows_stops_the_run_all_the_same(
    project: Project,
) -> None:
    dodo(
        project,
        """
        def swallows(targets):
            try:
                pause("a")
            except BaseException:
                pathlib.Path(targets[0]).write_text("a guess")

        def task_a():
            return {"targets": ["a.txt"], "actions": [swallows, "true"]}
        """,
    )
    process = project.start()
    wait_for_pause(project, "a")
    process.terminate()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143
    assert not project.exists("a.txt")


def test_a_daemon_may_stay_behind_a_stage_that_was_built(project: Project) -> None:
    project.dodo("""
        import subprocess

        def starts(targets):
            quiet = subprocess.DEVNULL
            daemon = subprocess.Popen(["sleep", "1000"], start_new_session=True,
                                      stdin=quiet, stdout=quiet, stderr=quiet)
            pathlib.Path(targets[0]).write_text(str(daemon.pid))

        def task_a():
            return {"targets": ["pid"], "actions": [starts]}
    """)
    project.doit(PYTHONWARNINGS="ignore")
    daemon = int(project.read("pid"))
    try:
        assert left_behind(project) == [daemon]
        project.doit()
        assert left_behind(project) == [daemon]
    finally:
        os.kill(daemon, 9)


# Full disks ------------------------------------------------------------------------------

BIG = """
    def write(targets):
        size = int(pathlib.Path("size").read_text())
        with open(targets[0], "wb") as file:
            file.write(b"x" * size)

    def by_name():
        write(["data/by_name.bin"])

    def stage(name, action):
        return {"basename": name, "file_dep": ["size"], "targets": [f"data/{name}.bin"],
                "actions": [action]}

    def task_all():
        yield stage("staged", write)
        yield stage("by_name", by_name)
        yield stage("command", "head -c $(cat size) /dev/zero > %(targets)s")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Project]:
    """A project on a file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("may not mount")
    try:
        yield Project(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("stage", ["staged", "by_name", "command"])
def test_a_full_disk_costs_no_good_target(small_disk: Project, stage: str) -> None:
    project = small_disk
    project.dodo(BIG)
    project.write("size", "1000")
    project.doit(stage)
    project.write("size", "4000000")
    said = project.doit(stage, code=None)
    assert said.code in (1, 2)
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert (project.folder / f"data/{stage}.bin").read_bytes() == b"x" * 1000 or (
        stage == "command" and (project.folder / "data/command.bin").read_bytes() == bytes(1000)
    )
    assert staging_folders(project.folder) == []
    project.write("size", "2000")
    project.doit(stage)
    assert (project.folder / f"data/{stage}.bin").stat().st_size == 2000
    assert "1 up to date" in project.doit(stage).out


def test_no_room_for_the_record_leaves_the_last_good_target(small_disk: Project) -> None:
    project = small_disk
    project.dodo("""
        def fill(targets):
            pathlib.Path(targets[0]).write_text(pathlib.Path("turn").read_text())
            if os.path.exists("fill"):
                with open("filler", "wb", buffering=0) as file:
                    try:
                        while file.write(b"x" * 4096):
                            pass
                    except OSError:
                        pass

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [fill]}

        def task_b():
            return {"file_dep": ["a.txt"], "targets": ["b.txt"],
                    "actions": ["cp a.txt %(targets)s"]}
    """)
    project.write("turn", "good")
    project.doit()
    project.write("fill", "")
    project.write("turn", "bad" * 100)
    said = project.doit(code=None)
    assert said.code in (1, 2, 3), said
    assert "Traceback" not in said
    assert re.search("disk is full|No space left", said.out + said.err), said
    assert project.read("b.txt") == "good"
    assert project.read("a.txt") == "good"
    (project.folder / "filler").unlink()
    (project.folder / "fill").unlink()
    project.doit()
    assert project.read("b.txt") == "bad" * 100
    assert "2 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


def test_a_report_that_can_not_be_written_does_not_stop_the_building(project: Project) -> None:
    project.dodo(BIG)
    project.write("size", "10")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "doit"],
            cwd=project.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == (
        "the report could not be written to its end: [Errno 28] No space left on device\n"
    )
    assert "3 up to date" in project.doit().out


def test_a_reader_of_the_report_may_go_away(project: Project) -> None:
    project.dodo(BIG)
    project.write("size", "10")
    command = f"{sys.executable} -u -m doit | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 0
    assert "3 up to date" in project.doit().out


# Permissions -----------------------------------------------------------------------------


# Python and the libraries may lie where nobody else may read them: they are imported before.
BOUND_DOIT = f"""
import encodings.ascii, os, pkgutil, sys, tomllib, psutil, doit.doit_cmd, datamake
for module in pkgutil.walk_packages(datamake.__path__, "datamake."):
    __import__(module.name)
if os.getuid() == 0:
    os.setgroups([])
    os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
sys.exit(doit.doit_cmd.DoitMain().run(sys.argv[1:]))
"""


def as_nobody(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Type doit as somebody whom permissions bind."""
    return subprocess.run(
        [sys.executable, "-B", "-c", BOUND_DOIT, *arguments],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def anyones() -> Iterator[Project]:
    """A project that everybody may reach, not in a folder that is its owner's alone."""
    folder = Path(f"/tmp/datamake-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir()
    try:
        yield Project(folder)
    finally:
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


COPY = """
    def task_copy():
        return {"file_dep": ["raw.txt"], "targets": ["data/copied.txt"],
                "actions": ["cp raw.txt %(targets)s"]}
"""


def test_a_project_that_may_only_be_read_can_be_looked_at(anyones: Project) -> None:
    anyones.dodo(COPY)
    anyones.write("raw.txt", "raw")
    anyones.doit()
    anyones.write("raw.txt", "changed")
    for path in (anyones.folder, *anyones.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(map(str, anyones.folder.rglob("*")))
    looks = {"list -s": "R copy", "why copy": "input changed", "run --dry-run": "input changed"}
    for command, expected in looks.items():
        done = as_nobody(anyones, *command.split())
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout
    done = as_nobody(anyones)
    assert done.returncode in (1, 3)
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(map(str, anyones.folder.rglob("*"))) == before
    assert anyones.read("data/copied.txt") == "raw"


def test_a_folder_that_may_not_be_written_is_one_clear_line(anyones: Project) -> None:
    anyones.dodo(COPY)
    anyones.write("raw.txt", "raw")
    (anyones.folder / "data").mkdir(mode=0o555)
    anyones.folder.chmod(0o777)
    done = as_nobody(anyones)
    assert done.returncode in (1, 2)
    assert re.search(r"\ncopy failed: PermissionError: .*'data'\n", done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    (anyones.folder / "data").chmod(0o777)
    assert as_nobody(anyones).returncode == 0
    assert anyones.read("data/copied.txt") == "raw"


# The store -------------------------------------------------------------------------------


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
