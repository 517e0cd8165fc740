"""Actions that misbehave in the process that runs them: what is good stays good."""

from __future__ import annotations

import os

import pytest

from datamake.children import is_running
from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.test_interrupted import left_behind
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

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


OWN_ENVIRONMENT = """
    import multiprocessing, subprocess

    QUIET = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)

    def stays(targets):
        daemon = subprocess.Popen(["sleep", "1000"], env={}, **QUIET)
        pathlib.Path(targets[0]).write_text(str(daemon.pid))

    def fails(targets):
        own = subprocess.Popen(["sleep", "1000"], env={"PATH": os.environ["PATH"]}, **QUIET)
        forked = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
        forked.start()
        pathlib.Path("pids").write_text(f"{own.pid} {forked.pid}")
        pause("fails")
        raise ValueError("no")

    def task_stays():
        return {"targets": ["daemon"], "actions": [stays]}

    def task_fails():
        return {"targets": ["a.txt"], "file_dep": ["daemon"], "actions": [fails]}
"""


@pytest.mark.parametrize("interrupted", [False, True], ids=["failed", "interrupted"])
def test_what_was_started_with_another_environment_is_ended_and_what_was_there_before_is_not(
    project: Project, interrupted: bool
) -> None:
    dodo(project, OWN_ENVIRONMENT)
    process = project.start(PYTHONWARNINGS="ignore")
    wait_for_pause(project, "fails")
    daemon = int(project.read("daemon"))
    try:
        if interrupted:
            process.terminate()
        else:
            go_on(project, "fails")
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == (143 if interrupted else 2), (out, err)
        assert "Traceback" not in out + err
        assert [is_running(int(pid)) for pid in project.read("pids").split()] == [False, False]
        assert is_running(daemon)
    finally:
        os.kill(daemon, 9)
