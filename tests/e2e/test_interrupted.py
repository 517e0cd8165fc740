"""Told to stop, by a person or by the system: nothing half-made, nobody left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

# Each stage writes a part of its target, says that it has begun, and does not come to an end.
ENDLESS = """
    import subprocess
    import datamake.replacing

    put = datamake.replacing.put

    def slow_put(staged, *places, **options):
        put(staged, *places, **options)
        if staged.endswith("commit.txt") and turn() == "endless":
            pause("commit")

    datamake.replacing.put = slow_put

    def sleep(target):
        pathlib.Path(target).write_text(turn())
        if turn() == "endless":
            pathlib.Path("sleep.started").touch()
            time.sleep(1000)

    def swallow(targets):
        try:
            sleep(targets[0])
        except Exception:
            pass

    def has_child(targets):
        pathlib.Path(targets[0]).write_text(turn())
        if turn() == "endless":
            subprocess.run(["sh", "-c", "touch child.started; sleep 1000 | cat"])

    def fails(targets):
        pathlib.Path(targets[0]).write_text(turn())
        if turn() == "endless":
            pathlib.Path("retries.started").touch()
            raise ValueError("not this time")

    def write(targets):
        pathlib.Path(targets[0]).write_text(turn())

    COMMAND = (
        "cp turn %(targets)s; test `cat turn` != endless ||"
        " { setsid sleep 1000 & touch command.started; sleep 1000 | cat; }"
    )

    def stage(name, action, **more):
        return {"basename": name, "file_dep": ["turn"], "targets": [f"data/{name}.txt"],
                "actions": [action], **more}

    def task_all():
        yield stage("sleep", swallow)
        yield stage("in_place", (sleep, ["data/in_place.txt"]))
        yield stage("by_name", lambda: sleep("data/by_name.txt"))
        yield stage("child", has_child)
        yield stage("command", COMMAND)
        yield stage("retries", fails,
                    meta={"datamake": {"retries": 3, "retry_delay": 1000}})
        yield stage("commit", write)
"""

# A stage, and the file that says that it is at work.
SITUATIONS = {
    "sleep": "sleep",
    "in_place": "sleep",
    "by_name": "sleep",
    "child": "child",
    "command": "command",
    "retries": "retries",
    "commit": "commit",
}
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def left_behind(project: Project) -> list[int]:
    """Return the living processes of attempts in a project's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == project.folder:
                marked = b"DATAMAKE_ATTEMPT=" in (entry / "environ").read_bytes()
                found += [int(entry.name)] if marked else []
        except OSError:
            continue  # gone meanwhile
    return found


def leases(project: Project) -> int:
    """Return how many stages are held by somebody, dead or alive."""
    with closing(sqlite3.connect(project.folder / ".datamake" / "store.sqlite")) as store:
        count: int = store.execute(
            "SELECT count(*) FROM record WHERE holder IS NOT NULL"
        ).fetchone()[0]
        return count


def begin(project: Project, stage: str) -> subprocess.Popen[str]:
    """Build a stage, have it built again without an end, and return that doit at work."""
    dodo(project, ENDLESS)
    project.write("turn", "good")
    project.doit(stage)
    project.write("turn", "endless")
    process = project.start(stage, PYTHONUNBUFFERED="1")
    wait_until((project.folder / f"{SITUATIONS[stage]}.started").exists)
    if stage == "retries":
        # The failed attempt has been put back; what is left is to wait for the next one.
        wait_until(lambda: leases(project) == 0)
    return process


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("stage", SITUATIONS)
def test_a_signal_ends_the_run_with_all_as_it_was(
    project: Project, stage: str, number: signal.Signals
) -> None:
    process = begin(project, stage)
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, err) == (
        SIGNALS[number],
        f"stopped by {number.name}: type the same command again to go on\n",
    )
    assert "Traceback" not in out
    left = project.folder / ".datamake/failed" / stage / f"data/{stage}.txt"
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == f"stopped  {stage}"
    # A stage that waits for its next attempt says by then that the one before it failed.
    unfinished = [line for line in lines[1:-1] if not line.startswith("attempt 1 of 4 failed (")]
    assert unfinished == [f"unfinished target: {left.relative_to(project.folder)}"]
    assert lines[-1].startswith("1 stopped in ")
    assert left.exists()
    assert left_behind(project) == []
    assert leases(project) == 0
    assert staging_folders(project.folder) == []
    assert project.read(f"data/{stage}.txt") == "good"
    assert os.listdir(project.folder / "data") == [f"{stage}.txt"]
    reason = "last attempt failed" if stage == "retries" else "last attempt was interrupted"
    assert reason in project.doit("why", stage)

    project.write("turn", "better")
    said = project.doit("run", "--wait", "0", stage)
    assert reason in said
    assert said.err == ""
    assert project.read(f"data/{stage}.txt") == "better"


def test_a_closed_terminal_ends_the_run_although_it_can_not_be_told(project: Project) -> None:
    dodo(project, ENDLESS)
    project.write("turn", "good")
    project.doit("command", "sleep")
    project.write("turn", "endless")
    for stage in ("command", "sleep"):
        terminal, screen = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "doit", stage],
            cwd=project.folder,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(screen)
        wait_until((project.folder / f"{stage}.started").exists)
        os.close(terminal)
        assert process.wait(DEADLINE_SECONDS) == 129
        assert left_behind(project) == []
        assert leases(project) == 0
        assert project.read(f"data/{stage}.txt") == "good"
    assert staging_folders(project.folder) == []


@pytest.mark.parametrize("ways", [(), ("-n", "2"), ("-n", "2", "-P", "thread")])
def test_nohup_keeps_a_run_alive_when_the_terminal_goes(
    project: Project, ways: tuple[str, ...]
) -> None:
    """With what it has started: a shell tells all of them."""
    dodo(
        project,
        """
        def wait(targets):
            pause("a")
            pathlib.Path(targets[0]).write_text("done")

        def task_a():
            return {"targets": ["a.txt"], "actions": [wait]}

        def task_b():
            wait = "touch b.started; until test -e b.go; do sleep 0.01; done"
            return {"targets": ["b.txt"], "actions": [wait, "printf done > %(targets)s"]}
        """,
    )
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "doit", *ways],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for name in ("a", "b"):
        wait_for_pause(project, name)
        os.killpg(process.pid, signal.SIGHUP)
        go_on(project, name)
    assert process.wait(DEADLINE_SECONDS) == 0
    assert project.read("a.txt") == project.read("b.txt") == "done"


def test_a_teardown_that_is_stopped_leaves_no_process(project: Project) -> None:
    project.dodo("""
        def task_a():
            return {"actions": ["true"], "teardown": ["sleep 600 & touch a.started; sleep 600"]}
    """)
    process = project.start()
    wait_until((project.folder / "a.started").exists)
    process.terminate()
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143, err
    assert left_behind(project) == []


def test_a_second_signal_does_not_cut_the_clearing_up_short(project: Project) -> None:
    process = begin(project, "command")
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert left_behind(project) == []
    assert project.read("data/command.txt") == "good"


def test_a_child_that_does_not_listen_is_killed(project: Project) -> None:
    project.dodo("""
        def task_deaf():
            return {"targets": ["a.txt"], "actions": [
                "trap '' TERM INT HUP; touch deaf.started; while :; do sleep 0.1; done"]}
    """)
    process = project.start("deaf")
    wait_until((project.folder / "deaf.started").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143
    assert left_behind(project) == []


@pytest.mark.parametrize(
    ("command", "ended"),
    [
        ("touch begun; exec sleep 1000", "was killed"),
        ("touch begun; sleep 1000", "returned 137: a part of it was killed"),
        ("touch begun; sleep 1000 | cat", "returned 137: a part of it was killed"),
    ],
)
def test_a_killed_command_fails_with_the_name_of_the_signal(
    project: Project, command: str, ended: str
) -> None:
    project.dodo(f"""
        def task_a():
            return {{"targets": ["a.txt"], "actions": ["{command} > %(targets)s"]}}
    """)
    process = project.start()
    wait_until((project.folder / "begun").exists)

    def sleepers() -> list[int]:
        running = {pid: Path(f"/proc/{pid}/cmdline") for pid in left_behind(project)}
        return [pid for pid, line in running.items() if line.read_bytes() == b"sleep\0001000\0"]

    wait_until(lambda: bool(sleepers()))
    os.kill(sleepers()[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode in (1, 2)
    assert f"a failed: '{command} > a.txt' {ended} by SIGKILL (perhaps memory ran out)\n" in out
    assert not project.exists("a.txt")
    assert left_behind(project) == []


# A child of an action comes to a stop at the instant that a file names, and says its number.
CHILDREN = """
    import multiprocessing, subprocess
    from concurrent.futures import ProcessPoolExecutor

    SCRIPT = '''
    stop() {
        [ "$(cat instant)" != "$1" ] || { echo $$ > new; mv new pid; exec sleep 1000; }
    }
    stop begin; cat turn > "$1"; stop half; printf " whole" >> "$1"; stop end
    '''

    def stop(instant):
        if pathlib.Path("instant").read_text() == instant:
            pathlib.Path("new").write_text(str(os.getpid()))
            os.rename("new", "pid")
            time.sleep(1000)

    def child(target):
        stop("begin")
        pathlib.Path(target).write_text(turn())
        stop("half")
        with open(target, "a") as file:
            file.write(" whole")
        stop("end")

    def insists(targets):
        subprocess.run(["sh", "-c", SCRIPT, "sh", targets[0]], check=True)

    def says_no(targets):
        return subprocess.call(["sh", "-c", SCRIPT, "sh", targets[0]]) == 0

    def pool(targets):
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(1, mp_context=fork) as children:
            children.submit(child, targets[0]).result()

    def mends(targets):
        if not says_no(targets):
            pathlib.Path(targets[0]).write_text(turn() + " mended")

    def task_a():
        return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [ACTION]}
"""


@pytest.mark.parametrize(
    ("action", "ended"),
    [
        ("insists", "died with <Signals.SIGKILL: 9>"),
        ("says_no", "returned False"),
        ("pool", "BrokenProcessPool"),
        ("mends", None),
    ],
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_child_of_a_function_leaves_it_to_the_function_how_the_stage_ends(
    project: Project, action: str, ended: str | None, workers: str
) -> None:
    dodo(project, CHILDREN.replace("ACTION", action))
    project.write("turn", "first")
    project.write("instant", "none")
    project.doit("-n", workers)
    good = "first whole"
    for instant in ("begin", "half", "end"):
        project.write("turn", instant)
        project.write("instant", instant)
        process = project.start("-n", workers)
        wait_until((project.folder / "pid").exists)
        assert project.read("a.txt") == good
        os.kill(int(project.read("pid")), signal.SIGKILL)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        (project.folder / "pid").unlink()
        assert "Traceback" not in out + err
        if ended is None:
            assert process.returncode == 0
            assert project.read("a.txt") == f"{instant} mended"
        else:
            assert process.returncode in (1, 2)
            assert ended in out
            assert project.read("a.txt") == good
        assert left_behind(project) == []
        project.write("instant", "none")
        project.doit("-n", workers)
        good = f"{instant} mended" if ended is None else f"{instant} whole"
        assert project.read("a.txt") == good
        assert "1 up to date" in project.doit("-n", workers)
        assert staging_folders(project.folder) == []


def test_what_a_killed_doit_left_running_is_ended_before_the_next_run_builds(
    project: Project,
) -> None:
    project.dodo("""
        def is_alive(pid):
            try:
                return pathlib.Path(f"/proc/{pid}/environ").read_bytes() != b""
            except OSError:
                return False

        def write(targets):
            pids = pathlib.Path("pids").read_text().split()
            pathlib.Path(targets[0]).write_text(f"{len(pids)} {[is_alive(p) for p in pids]}")

        def task_a():
            endless = "setsid sleep 1000 & echo $$ $! > pids; mv pids begun; sleep 1000 | cat"
            action = write if os.path.exists("pids") else endless
            return {"targets": ["a.txt"], "actions": [action]}
    """)
    process = project.start()
    wait_until((project.folder / "begun").exists)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    assert len(left_behind(project)) >= 2
    (project.folder / "begun").rename(project.folder / "pids")
    said = project.doit()
    assert "last attempt was interrupted" in said
    assert project.read("a.txt") == "2 [False, False]"
    assert left_behind(project) == []
    process.communicate()


def test_who_is_stopped_before_anything_was_written_hears_that_nothing_is_left(
    project: Project,
) -> None:
    dodo(
        project,
        """
        def wait(targets):
            pause("a")

        def task_a():
            return {"targets": ["a.txt"], "actions": [wait]}
        """,
    )
    process = project.start()
    wait_for_pause(project, "a")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert out.startswith("stopped  a\n         nothing unfinished is left\n1 stopped in ")
    assert not project.exists(".datamake/failed/a")


def test_ctrl_c_before_anything_has_begun_is_one_line(project: Project) -> None:
    project.dodo("")
    project.write("slow.py", "import pathlib, time\npathlib.Path('here').touch()\ntime.sleep(60)\n")
    commands = "[tool.doit.plugins.command]\n"
    settings = project.read("pyproject.toml")
    project.write("pyproject.toml", settings.replace(commands, commands + 'slow = "slow:Slow"\n'))
    run = project.start("slow")
    wait_until((project.folder / "here").exists)
    os.kill(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=DEADLINE_SECONDS)
    assert run.returncode == -signal.SIGINT
    assert (out, err) == ("", "stopped by SIGINT before anything was run\n")
