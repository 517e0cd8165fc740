"""A run that slept while another machine took its lease over puts nothing in place any more."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from datamake import replacing
from datamake.model import Meaning, Record, Stage
from datamake.process import Process
from datamake.store import Store
from datamake.store_rows import Underway, new_token
from tests.e2e import waiting
from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until

# What a stage saves is asked for when its actions are done, and nothing is in place yet.
DODO = """
    import signal

    def sleep():
        os.kill(os.getpid(), signal.SIGSTOP)
        return {}

    def asleep_at_the_end(task, values):
        if asleep:
            task.value_savers.append(sleep)
        return None

    def make(targets):
        note("make")
        pathlib.Path(target_of(targets)).write_text("of the sleeper")
        if fails:
            sleep()
            raise ValueError("woke up wrong")

    def task_make():
        return {"targets": ["out/a.txt"], "actions": [make], "uptodate": [asleep_at_the_end]}
"""


def dodo(project: Project, *, asleep: bool, fails: bool = False, in_place: bool = False) -> None:
    target = '"out/a.txt"' if in_place else "targets[0]"
    head = (
        f"asleep, fails = {asleep}, {fails}\n\n    def target_of(targets):\n        return {target}"
    )
    project.dodo(f"\n    {head}\n{DODO}")


def is_stopped(process: subprocess.Popen[str]) -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def taken_over(project: Project) -> None:
    """Do what a run elsewhere does that takes the sleeper for dead: put back, and build."""
    store = Store.open(str(project.folder / ".datamake" / "store.sqlite"))
    stage = Stage("make", (), ("out/a.txt",))
    mine = Underway(
        stage.name, stage.targets, Process.current(), token=new_token(), since=time.time()
    )
    taken = store.leases.acquire(stage, mine, lambda holder, beat: True)
    assert taken.dead is not None
    for target in taken.dead.staging:
        held, place = (project.folder / path for path in (target.last_good, target.destination))
        replacing.put_back(str(held), str(place))
    store.leases.hold(stage, mine)
    project.write("out/a.txt", "of who took over")
    store.commit(stage, Record("make", stage.targets, Meaning(), "md5", {}, {"out/a.txt": "x"}))
    store.leases.release(stage, mine.token)
    store.close()


@pytest.mark.parametrize("in_place", [False, True], ids=["staged", "in place"])
@pytest.mark.parametrize("fails", [False, True], ids=["done", "failing"])
@pytest.mark.parametrize("built_before", [True, False], ids=["again", "for the first time"])
def test_who_lost_the_lease_fails_in_a_line_and_replaces_nothing(
    project: Project, built_before: bool, fails: bool, in_place: bool
) -> None:
    dodo(project, asleep=False, in_place=in_place)
    if built_before:
        project.doit()
    dodo(project, asleep=not fails, fails=fails, in_place=in_place)
    sleeper = project.start("-a")
    try:
        wait_until(lambda: is_stopped(sleeper))
        taken_over(project)
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    out, err = sleeper.communicate(timeout=DEADLINE_SECONDS)
    assert sleeper.returncode == 1, (out, err)
    said = [line for line in (out + err).splitlines() if "taken over by another run" in line]
    assert len(said) == 1, (out, err)
    assert "Traceback" not in out + err
    assert project.read("out/a.txt") == "of who took over"
    assert project.files() == ["out/a.txt"]


def test_what_was_recorded_by_who_took_over_stays(project: Project) -> None:
    dodo(project, asleep=True)
    sleeper = project.start()
    wait_until(lambda: is_stopped(sleeper))
    taken_over(project)
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.communicate(timeout=DEADLINE_SECONDS)
    store = Store.open(str(project.folder / ".datamake" / "store.sqlite"))
    record = store.known(Stage("make", (), ("out/a.txt",))).record
    assert record is not None
    assert record.outputs == {"out/a.txt": "x"}
    assert store.leases.running() == []
    store.close()


# The second look of a run is the one that it takes with the lease in its hands.
BETWEEN = """
    import signal

    def second_look_sleeps(task, values):
        looks.append(task)
        if os.environ.get("SLEEPER") == "yes":
            if len(looks) == 1:
                pause("first-look")
            elif len(looks) == 2:
                os.kill(os.getpid(), signal.SIGSTOP)
        return None

    looks = []

    def make():
        note("make")
        with open("out/a.txt", "w") as file:
            file.write("half")
            file.flush()
            pause("make")
            file.write(" and half")

    def task_make():
        return {"targets": ["out/a.txt"], "actions": [make], "uptodate": [second_look_sleeps]}
"""


def released(project: Project) -> None:
    """Take a lease over as a run elsewhere does, and let go of it."""
    store = Store.open(str(project.folder / ".datamake" / "store.sqlite"))
    stage = Stage("make", (), ("out/a.txt",))
    mine = Underway(
        stage.name, stage.targets, Process.current(), token=new_token(), since=time.time()
    )
    store.leases.acquire(stage, mine, lambda holder, beat: True)
    store.leases.release(stage, mine.token)
    store.close()


def test_who_lost_the_lease_before_it_began_waits_and_does_not_act(project: Project) -> None:
    waiting.dodo(project, BETWEEN)
    sleeper = project.start(SLEEPER="yes", PYTHONUNBUFFERED="1")
    waiting.wait_for_pause(project, "first-look")
    released(project)  # so that the sleeper looks again once it has the lease
    waiting.go_on(project, "first-look")
    try:
        wait_until(lambda: is_stopped(sleeper))
        released(project)
        other = project.start()
        waiting.wait_for_pause(project, "make")
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    assert sleeper.stderr is not None
    assert sleeper.stderr.readline().startswith(f"waiting for make: pid {other.pid} on host ")
    assert project.read("out/a.txt") == "half"
    waiting.go_on(project, "make")
    other.communicate(timeout=DEADLINE_SECONDS)
    out, err = sleeper.communicate(timeout=DEADLINE_SECONDS)
    assert (other.returncode, sleeper.returncode) == (0, 0), (out, err)
    assert project.ran() == ["make"]
    assert project.read("out/a.txt") == "half and half"
    assert "1 up to date" in out
    assert waiting.staging_folders(project.folder) == []


RETRIED = """
    import signal

    def sleep():
        if os.environ.get("SLEEPER") == "yes" and not os.path.exists("slept"):
            pathlib.Path("slept").touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return {}

    def asleep_at_the_end(task, values):
        task.value_savers.append(sleep)
        return None

    def make(targets):
        note("make")
        pathlib.Path(targets[0]).write_text(os.environ.get("SLEEPER", "no"))

    def task_make():
        return {"targets": ["out/a.txt"], "actions": [make], "uptodate": [asleep_at_the_end],
                "meta": {"datamake": {"retries": 1, "retry_delay": 0}}}
"""


def test_a_retry_behind_a_lost_lease_finds_what_the_other_built(project: Project) -> None:
    project.dodo(RETRIED)
    sleeper = project.start(SLEEPER="yes")
    try:
        wait_until(lambda: is_stopped(sleeper))
        released(project)
        assert "1 built" in project.doit().out
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    out, err = sleeper.communicate(timeout=DEADLINE_SECONDS)
    assert (sleeper.returncode, err) == (0, ""), out
    assert out.startswith("1 up to date in ")
    assert project.ran() == ["make", "make"]
    assert project.read("out/a.txt") == "no"
    assert "1 up to date" in project.doit().out


def test_a_retry_behind_a_lost_lease_builds_what_nobody_else_built(project: Project) -> None:
    project.dodo(RETRIED)
    sleeper = project.start(SLEEPER="yes")
    try:
        wait_until(lambda: is_stopped(sleeper))
        released(project)
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    out, err = sleeper.communicate(timeout=DEADLINE_SECONDS)
    assert (sleeper.returncode, err) == (0, ""), out
    assert "attempt 1 of 2 failed (make was taken over by another run" in out
    assert project.ran() == ["make", "make"]
    assert project.read("out/a.txt") == "yes"
    assert "1 up to date" in project.doit().out
