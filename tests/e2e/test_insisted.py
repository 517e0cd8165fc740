"""An action that does not end when it is told to is ended all the same."""

from __future__ import annotations

import functools
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.test_interrupted import leases, left_behind
from tests.e2e.waiting import staging_folders

# The last of these holds out against whatever is raised into it: C calls it back again and again.
STUBBORN = """
    import ctypes

    def begin(targets):
        pathlib.Path(targets[0]).write_text("half")
        os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "1000")

    def swallows(targets):
        begin(targets)
        while True:
            try:
                pathlib.Path("begun").touch()
                time.sleep(60)
            except:
                pass

    def holds_out(targets):
        begin(targets)
        sys.unraisablehook = id
        first, touch = [pathlib.Path("begun")], pathlib.Path.touch
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        compare = kind(lambda one, other: [first and touch(first.pop()), time.sleep(60)])
        ctypes.CDLL(None).qsort((ctypes.c_int * 10_000_000)(), 10_000_000, 4, compare)

    def task_a():
        return {"targets": ["a.txt"], "actions": [ACTION], "meta": {"datamake": META}}
"""
NOTICE = "waiting for a to stop: a second Ctrl-C ends it by force\n"


def stubborn(project: Project, action: str, settings: str = "{}") -> None:
    """Write a dodo.py with one action that does not end; its target is there from before."""
    project.dodo(STUBBORN.replace("ACTION", action).replace("META", settings))
    project.write("a.txt", "good")


def assert_nothing_is_left(project: Project) -> None:
    """Check that all is as it was before the action began."""
    wait_until(lambda: left_behind(project) == [])
    assert leases(project) == 0
    assert staging_folders(project.folder) == []
    assert project.read("a.txt") == "good"


def ended_by_a_second(
    project: Project, number: signal.Signals, *arguments: str
) -> tuple[int, str, str]:
    """Send a signal, wait to hear what is waited for, and send it again; say how doit ended."""
    process = project.start(*arguments)
    wait_until((project.folder / "begun").exists)
    process.send_signal(number)
    assert process.stderr is not None
    with ThreadPoolExecutor(1) as reading:
        said = reading.submit(process.stderr.readline).result(DEADLINE_SECONDS)
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode, out, said + err


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_an_action_that_catches_all(
    project: Project, workers: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    stubborn(project, "swallows")
    ended, out, err = ended_by_a_second(project, number, *workers)
    again = f"stopped by {number.name}: type the same command again to go on\n"
    assert (ended, err) == (code, NOTICE + again)
    assert out.startswith("stopped  a\n         unfinished target: .datamake/failed/a/a.txt\n")
    assert_nothing_is_left(project)


def test_an_action_that_can_not_be_left_is_undone_and_the_process_ended(project: Project) -> None:
    stubborn(project, "holds_out", '{"audit": "off"}')
    ended, _, err = ended_by_a_second(project, signal.SIGINT)
    assert ended == 130
    assert err.startswith(NOTICE)
    assert err.endswith("a could not be stopped, and was ended by force\n")
    assert_nothing_is_left(project)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_limit_ends_an_action_that_catches_all_and_goes_on(
    project: Project, workers: tuple[str, ...]
) -> None:
    stubborn(project, "swallows", '{"timeout": 1}')
    said = project.doit(*workers, code=1)
    assert "a failed: it took longer than its time limit of 1.0 s\n" in said.out
    assert said.err == ""
    assert_nothing_is_left(project)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_limit_says_so_where_an_action_can_not_be_left(
    project: Project, workers: tuple[str, ...]
) -> None:
    stubborn(project, "holds_out", '{"timeout": 1, "audit": "off"}')
    said = project.doit(*workers, code=1)
    late = "a failed: it took longer than its time limit of 1.0 s and could not be stopped"
    if workers:
        assert f"{late}: the process that ran it ended with status 1\n" in said.out
    else:
        assert said.err.endswith(f"{late}\n")
    assert_nothing_is_left(project)


def test_processes_that_an_action_forked_end_with_ctrl_c_as_they_do_without_workers(
    project: Project,
) -> None:
    project.dodo("""
        from concurrent.futures import ProcessPoolExecutor

        def wait(number):
            pathlib.Path(f"{number}.pid").write_text(str(os.getpid()))
            time.sleep(1000)

        def pool(targets):
            with ProcessPoolExecutor(2) as executor:
                list(executor.map(wait, range(2)))

        def task_a():
            return {"targets": ["a.txt"], "actions": [pool]}
    """)
    for workers in ((), ("-n", "2")):
        process = project.start(*workers)
        names = [project.folder / f"{number}.pid" for number in range(2)]
        for name in names:
            wait_until(functools.partial(is_written, name))
        pids = [int(name.read_text()) for name in names]
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 130
        assert "waiting for" not in err
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        for name in names:
            name.unlink()


def test_what_a_worker_forked_is_ended_with_it_when_it_is_killed(project: Project) -> None:
    project.dodo("""
        import multiprocessing

        def child():
            pathlib.Path("pid.part").write_text(str(os.getpid()))
            os.rename("pid.part", "begun")
            time.sleep(1000)

        def swallows(targets):
            multiprocessing.get_context("fork").Process(target=child).start()
            while True:
                try:
                    time.sleep(60)
                except:
                    pass

        def task_a():
            return {"targets": ["a.txt"], "actions": [swallows]}
    """)
    code, _, _ = ended_by_a_second(project, signal.SIGINT, "-n", "2")
    assert code == 130
    pid = project.read("begun")
    wait_until(lambda: not is_living(pid))


def is_written(path: Path) -> bool:
    """Whether a file is there with something in it."""
    return path.exists() and path.read_text() != ""


def is_living(pid: str) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
