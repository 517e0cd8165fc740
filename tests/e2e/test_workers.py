"""Several stages at once: their output, their order, and workers that die or are told to end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Project, wait_until
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

KINDS = pytest.mark.parametrize("kind", ["process", "thread"])

PAUSING = """
    def make(targets, name):
        pathlib.Path(targets[0]).write_text("half")
        pause(name)
        pathlib.Path(targets[0]).write_text(name)

    def task_make():
        for name in ("one", "two"):
            action = (make, [], {"name": name})
            yield {"name": name, "targets": [name + ".txt"], "actions": [action]}
"""


@KINDS
def test_two_stages_run_at_the_same_time(project: Project, kind: str) -> None:
    dodo(project, PAUSING)
    run = project.start("-n", "2", "-P", kind)
    for name in ("one", "two"):
        wait_for_pause(project, name)
    for name in ("one", "two"):
        go_on(project, name)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, "")
    assert "2 built" in out
    assert project.read("one.txt") == "one"
    assert "2 up to date" in project.doit()
    assert "2 up to date" in project.doit("-n", "auto")


@KINDS
def test_output_of_stages_that_run_at_once_is_never_mixed(project: Project, kind: str) -> None:
    project.dodo(
        """
        def talk(targets, n):
            for line in range(200):
                print(f"stage {n} line {line}", flush=True)
            open(targets[0], "w").close()

        def task_talk():
            for n in range(6):
                make = [(talk, [], {"n": n}), f"echo stage {n} line 200"]
                yield {"name": str(n), "targets": [f"{n}.txt"], "actions": make, "verbosity": 2}
        """
    )
    lines = [
        line.split()
        for line in project.doit("-n", "3", "-P", kind).out.splitlines()
        if "line" in line
    ]
    blocks = [lines[at : at + 201] for at in range(0, len(lines), 201)]
    assert sorted(block[0][1] for block in blocks) == ["0", "1", "2", "3", "4", "5"]
    for block in blocks:
        assert [line[3] for line in block] == [str(number) for number in range(201)]
        assert len({line[1] for line in block}) == 1


def test_what_is_written_past_python_is_shown_whole_too(project: Project) -> None:
    project.dodo(
        """
        import subprocess

        def talk(n):
            for _ in range(50):
                os.write(1, f"stage {n}\\n".encode())
                subprocess.run(["echo", "stage", str(n)])

        def task_talk():
            for n in range(3):
                yield {"name": str(n), "actions": [(talk, [n])]}
        """
    )
    lines = [line for line in project.doit("-n", "3").out.splitlines() if line.startswith("stage")]
    assert len(lines) == 300
    assert len([at for at in range(1, 300) if lines[at] != lines[at - 1]]) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_stage_whose_worker_dies_fails_with_the_signal_and_the_others_go_on(
    project: Project, number: signal.Signals
) -> None:
    project.dodo(
        f"""
        def dies(targets):
            pathlib.Path(targets[0]).write_text("half")
            os.kill(os.getpid(), {int(number)})

        def make(targets):
            pathlib.Path(targets[0]).write_text("whole")

        def task_make():
            for n in range(8):
                yield {{"name": str(n), "targets": [f"{{n}}.txt"], "actions": [make]}}

        def task_dies():
            return {{"targets": ["dies.txt"], "actions": [dies]}}

        def task_behind():
            return {{"file_dep": ["dies.txt"], "targets": ["behind.txt"], "actions": [make]}}
        """
    )
    said = project.doit("-c", "-n", "2", code=2)  # with an unmet need it is an error, as in doit
    hint = " (perhaps memory ran out)" if number == signal.SIGKILL else ""
    assert f"dies failed: the process that ran it was killed by {number.name}{hint}" in said
    assert "8 built, 1 failed, 1 not run" in said
    assert project.files() == [f"{n}.txt" for n in range(8)]
    assert staging_folders(project.folder) == []


def test_a_worker_killed_by_a_signal_without_a_name_fails_its_stage_too(project: Project) -> None:
    project.dodo(
        """
        import signal

        def dies(targets):
            os.kill(os.getpid(), signal.SIGRTMIN + 1)

        def task_dies():
            return {"actions": [dies]}
        """
    )
    said = project.doit("-n", "2", code=1)
    number = signal.SIGRTMIN + 1
    assert f"dies failed: the process that ran it was killed by signal {number}\n" in said.out


@pytest.mark.parametrize("instant", range(6))
def test_a_worker_killed_at_any_instant_costs_one_stage_at_most(
    project: Project, instant: int
) -> None:
    project.dodo(
        """
        def make(targets):
            with open(targets[0], "w") as file:
                for _ in range(20):
                    file.write("line\\n")
                    file.flush()
                    time.sleep(0.001)

        def task_make():
            for n in range(40):
                yield {"name": str(n), "targets": [f"{n}.txt"], "actions": [make]}
        """
    )
    run = project.start("-c", "-n", "2")
    wait_until(lambda: len(list(project.folder.glob("*.txt"))) > instant * 3)
    workers = psutil.Process(run.pid).children()
    workers[0].kill()
    out, err = run.communicate(timeout=60)
    assert err == ""
    assert out.count(" failed: ") <= 1, out
    assert (run.returncode == 0) == (" failed: " not in out)
    assert all(path.read_text() == "line\n" * 20 for path in project.folder.glob("*.txt"))
    assert staging_folders(project.folder) == []
    project.doit("-n", "2")
    assert len(list(project.folder.glob("*.txt"))) == 40


@KINDS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_stops_a_run_leaves_nothing_behind(
    project: Project, kind: str, number: signal.Signals
) -> None:
    project.dodo(
        """
        import subprocess

        def python(targets):
            pathlib.Path(targets[0]).write_text("half")
            pathlib.Path("python.started").touch()
            while True:
                time.sleep(0.01)

        def task_python():
            return {"targets": ["python.txt"], "actions": [python]}

        def task_command():
            text = "echo half > %(targets)s; sleep 600 & echo $! > command.started; sleep 600"
            return {"targets": ["command.txt"], "actions": [text]}
        """
    )
    project.write("python.txt", "last good")
    run = project.start("-n", "2", "-P", kind)
    wait_until((project.folder / "python.started").exists)
    wait_until(lambda: bool(_text(project.folder / "command.started").strip()))
    below = [child.pid for child in psutil.Process(run.pid).children(recursive=True)]
    os.kill(run.pid, number)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 128 + number, out + err
    assert "2 stopped" in out
    assert project.read("python.txt") == "last good"
    assert not project.exists("command.txt")
    assert staging_folders(project.folder) == []
    wait_until(lambda: not any(map(_is_there, below)))
    assert "interrupted" in project.doit("run", "--dry-run")


SHORT = """
    import datamake.pool as pool

    def make(targets):
        path = pathlib.Path(targets[0])
        path.write_text("half")
        time.sleep(0.01)
        path.write_text("whole")

    def task_make():
        for n in range(8):
            yield {"name": str(n), "targets": [f"{n}.txt"], "actions": [make]}
"""

# The signal comes where it would come once in hundreds of runs.
INSTANTS = {
    "a worker was forked and is not noted yet": """
    forked = pool.Worker.__init__

    def told(*arguments):
        forked(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)

    pool.Worker.__init__ = told
    """,
    "all is built and workers are not told yet": """
    shutdown = pool.Pool.shutdown

    def told(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        shutdown(*arguments)

    pool.Pool.shutdown = told
    """,
}


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_signal_is_heard_also_when(project: Project, instant: str) -> None:
    project.dodo("    import signal\n" + SHORT + INSTANTS[instant])
    said = project.doit("-n", "2", code=128 + signal.SIGTERM)
    assert said.err == "stopped by SIGTERM: type the same command again to go on\n"
    assert all(path.read_text() == "whole" for path in project.folder.glob("*.txt"))
    assert staging_folders(project.folder) == []


def test_where_no_process_can_be_started_its_stage_fails_with_one_line(project: Project) -> None:
    project.dodo(
        SHORT
        + """
    def none(*arguments):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    pool.Worker.__init__ = none
    """
    )
    said = project.doit("-c", "-n", "2", code=2)
    assert said.out.count("no process could be started for it: [Errno 11] Resource") == 8
    assert project.files() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_instant_ends_a_run(project: Project, number: signal.Signals) -> None:
    project.dodo(SHORT)
    for built in range(1, 9):
        run = project.start("-n", "2", "-a")
        _wait_for(run, project.folder, built)
        below = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
        os.kill(run.pid, number)
        out, err = run.communicate(timeout=60)
        assert run.returncode in (0, 128 + number), out + err
        assert "Traceback" not in err
        assert all(path.read_text() == "whole" for path in project.folder.glob("*.txt"))
        assert staging_folders(project.folder) == []
        assert not any(_is_there(child.pid) for child in below)
        for path in project.folder.glob("*.txt"):
            path.unlink()


def _wait_for(run: subprocess.Popen[str], folder: Path, built: int) -> None:
    """Wait until so many targets are there, or the run has ended."""
    wait_until(lambda: len(list(folder.glob("*.txt"))) >= built or run.poll() is not None)


def test_no_worker_outlives_a_run_that_is_killed(project: Project) -> None:
    dodo(project, PAUSING)
    run = project.start("-n", "2")
    wait_for_pause(project, "one")
    below = [child.pid for child in psutil.Process(run.pid).children(recursive=True)]
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=60)
    wait_until(lambda: not any(map(_is_there, below)))
    assert project.files() == ["one.started", "two.started"] or "one.txt" not in project.files()


def test_what_can_not_be_pickled_runs_also_where_it_came_up_late(project: Project) -> None:
    project.dodo(
        """
        import threading
        from doit import create_after
        lock = threading.Lock()

        def task_lambda():
            held = threading.Lock()
            def make(targets):
                with held, lock:
                    pathlib.Path(targets[0]).write_text("made")
            return {"targets": ["a.txt"], "actions": [make]}

        @create_after(executed="lambda")
        def task_late():
            text = "late"
            yield {"name": "x", "targets": ["b.txt"],
                   "actions": [lambda targets: print(open(targets[0], "w").write(text))]}
        """
    )
    project.doit("-n", "2")
    assert project.read("a.txt") == "made"
    assert project.read("b.txt") == "late"


def test_what_can_not_be_sent_is_one_clear_line(project: Project) -> None:
    project.dodo(
        """
        import threading
        from doit import create_after

        def task_first():
            return {"actions": ["true"]}

        def use(lock):
            with lock:
                note("used")

        @create_after(executed="first")
        def task_late():
            yield {"name": "x", "actions": [(use, [threading.Lock()])]}
        """
    )
    said = project.doit("-n", "2", code=1)
    assert "late:x failed: it can't be sent to another process" in said
    assert "`-P thread`" in said
    project.doit("-n", "2", "-P", "thread")
    assert project.ran() == ["used"]


@KINDS
def test_a_time_limit_holds(project: Project, kind: str) -> None:
    project.dodo(
        """
        def slow(targets):
            pathlib.Path(targets[0]).write_text("half")
            while True:
                time.sleep(0.01)

        def task_slow():
            return {"targets": ["a.txt"], "actions": [slow],
                    "meta": {"datamake": {"timeout": 0.2, "retries": 1, "retry_delay": 0.01}}}
        """
    )
    said = project.doit("-n", "2", "-P", kind, code=1)
    assert "slow failed: it took longer than its time limit of 0.20 s" in said
    assert "attempt 1 of 2 failed" in said
    assert not project.exists("a.txt")


def told_failure(out: str) -> str:
    """Return what a run says of a failure, without the time in the name of its log."""
    return re.sub(r"(?<=logs/breaks_).*(?=\.log)", "TIME", out.split("\n\n", 1)[1])


@KINDS
def test_a_failure_is_told_in_the_same_words(project: Project, kind: str) -> None:
    project.dodo(
        """
        def breaks(targets):
            print("before")
            raise ValueError("no such luck")

        def task_breaks():
            return {"targets": ["a.txt"], "actions": [breaks]}
        """
    )
    alone = told_failure(project.doit(code=2).out)
    project.doit("forget")
    assert told_failure(project.doit("-n", "2", "-P", kind, code=2).out) == alone
    assert "ValueError: no such luck" in project.read(".datamake/failed/breaks/traceback.txt")


def test_a_lease_that_somebody_holds_keeps_no_other_stage_waiting(project: Project) -> None:
    dodo(project, PAUSING)
    first = project.start("make:one")
    wait_for_pause(project, "one")
    second = project.start("-n", "2")
    wait_for_pause(project, "two")
    go_on(project, "two")
    wait_until((project.folder / "two.txt").exists)
    assert second.poll() is None
    go_on(project, "one")
    for run in (first, second):
        out, err = run.communicate(timeout=60)
        assert run.returncode == 0, out + err
    assert "1 built, 1 up to date" in out


def test_an_input_that_moves_is_built_from_again(project: Project) -> None:
    dodo(
        project,
        """
        def copy(dependencies, targets):
            text = pathlib.Path(dependencies[0]).read_text()
            if text == "before":
                pause("copy")
            pathlib.Path(targets[0]).write_text(text)

        def task_copy():
            return {"file_dep": ["a.txt"], "targets": ["b.txt"], "actions": [copy]}
        """,
    )
    project.write("a.txt", "before")
    run = project.start("-n", "2")
    wait_for_pause(project, "copy")
    project.write("a.txt", "after")
    go_on(project, "copy")
    out, _ = run.communicate(timeout=60)
    assert "a.txt changed while it ran: built again" in out
    assert project.read("b.txt") == "after"


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _is_there(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


@KINDS
def test_resources_are_never_exceeded_and_too_much_is_refused(project: Project, kind: str) -> None:
    project.dodo(
        """
        def alone(n):
            held = os.open("held", os.O_CREAT | os.O_EXCL)
            time.sleep(0.02)
            os.close(held)
            os.remove("held")

        def task_alone():
            for n in range(6):
                needs = {"datamake": {"resources": {"database": 1}}}
                yield {"name": str(n), "actions": [(alone, [n])], "meta": needs}
        """
    )
    settings = "\n[tool.datamake.resources]\ndatabase = 1\n"
    project.write("pyproject.toml", project.read("pyproject.toml") + settings)
    assert "6 built" in project.doit("-n", "3", "-P", kind)
    said = project.doit("-n", "3", "--resources=database=0.5", code=3)
    assert "alone:0 needs 1 of database, and there is 0.5" in said.err
    assert "database" in project.doit("--resources=database", code=3).err


def test_the_longest_way_is_begun_first_by_the_durations_of_earlier_runs(project: Project) -> None:
    project.dodo(
        """
        def make(targets, name, seconds):
            note(name)
            time.sleep(seconds)
            open(targets[0], "w").close()

        def task_make():
            for name, seconds in (("a", 0), ("b", 0), ("c", 0.1), ("d", 0), ("e", 0.3)):
                yield {"name": name, "targets": [name + ".txt"],
                       "actions": [(make, [], {"name": name, "seconds": seconds})]}
        """
    )
    project.doit()
    project.ran()
    project.doit("-a", "-n", "2")
    assert set(project.ran()[:2]) == {"e", "c"}


THREADS = ("-c", "-n", "2", "-P", "thread")


def _may_have_folders_of_their_own() -> bool:
    """Whether threads may have a working folder each, which a container may forbid."""
    ask = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x200) != 0)"
    return subprocess.run([sys.executable, "-c", ask], check=False).returncode == 0


@pytest.mark.skipif(not _may_have_folders_of_their_own(), reason="threads share their folder")
def test_a_folder_that_a_thread_changes_to_is_its_own(project: Project) -> None:
    project.dodo(
        """
        def until(path):
            end = time.monotonic() + 20
            while not os.path.exists(path):
                assert time.monotonic() < end, path
                time.sleep(0.005)

        def wanders(targets):
            start, target = os.getcwd(), os.path.abspath(targets[0])
            os.mkdir("gone")
            os.chdir("gone")
            os.rmdir(start + "/gone")
            pathlib.Path(start, "wandered").touch()
            until(start + "/stayed")
            pathlib.Path(target).write_text("there")

        def stays(targets):
            until("wandered")
            pathlib.Path(targets[0]).write_text("here")
            pathlib.Path("stayed").touch()

        def task_wanders():
            return {"targets": ["a.txt"], "actions": [wanders]}

        def task_stays():
            return {"targets": ["b.txt"], "actions": [stays]}

        def task_behind():
            for n in range(3):
                yield {"name": str(n), "file_dep": ["a.txt", "b.txt"], "targets": [f"{n}.txt"],
                       "actions": ["cat a.txt b.txt > %(targets)s"]}
        """
    )
    assert "5 built" in project.doit(*THREADS)
    assert [project.read(f"{n}.txt") for n in range(3)] == ["therehere"] * 3
    assert staging_folders(project.folder) == []


def test_outputs_that_a_thread_closes_are_those_of_the_run_again(project: Project) -> None:
    project.dodo(
        """
        def close():
            os.close(1)
            os.close(2)

        def write():
            os.write(1, b"written")

        def task_close():
            return {"actions": [close]}

        def task_behind():
            return {"actions": ["echo said", (write, [])], "task_dep": ["close"], "verbosity": 2}
        """
    )
    said = project.doit(*THREADS)
    assert "said" in said.out
    assert "written" in said.out


def test_what_threads_of_an_action_print_stands_with_its_stage(project: Project) -> None:
    project.dodo(
        """
        from concurrent.futures import ThreadPoolExecutor

        def talk(n):
            with ThreadPoolExecutor(3) as threads:
                list(threads.map(print, [f"stage {n}\\n"] * 100))

        def task_talk():
            for n in range(4):
                yield {"name": str(n), "actions": [(talk, [n])], "verbosity": 2}

        def task_silent():
            return {"actions": [(talk, ["silent"])], "verbosity": 0}
        """
    )
    lines = [line for line in project.doit(*THREADS).out.splitlines() if line.startswith("stage")]
    assert len(lines) == 400
    assert len([at for at in range(1, 400) if lines[at] != lines[at - 1]]) == 3
    (log,) = (project.folder / ".datamake" / "logs").glob("silent_*")
    assert log.read_text().count("stage silent") == 100
