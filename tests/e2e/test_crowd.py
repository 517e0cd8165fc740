"""Many people type doit at once."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from datamake.model import Stage, StagedTarget
from datamake.process import Process
from datamake.store import Store
from datamake.store_rows import Underway, new_token
from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.waiting import dodo, go_on, wait_for_pause

SLOW = """
    def make(name, targets):
        note(name)
        pathlib.Path(targets[0] + ".begun").touch()
        while not os.path.exists("go"):
            time.sleep(0.01)
        pathlib.Path(targets[0]).write_text(name)

    def task_one():
        return {"targets": ["out/one.txt"], "actions": [(make, ["one"])]}

    def task_two():
        return {"targets": ["out/two.txt"], "actions": [(make, ["two"])]}
"""

CHAIN = """
    def make(name, targets):
        note(name)
        time.sleep(0.05)
        pathlib.Path(targets[0]).write_text(name)

    def task_a():
        return {"targets": ["a.txt"], "actions": [(make, ["a"])]}

    def task_b():
        return {"file_dep": ["a.txt"], "targets": ["b.txt"], "actions": [(make, ["b"])]}

    def task_c():
        return {"file_dep": ["b.txt"], "targets": ["c.txt"], "actions": [(make, ["c"])]}
"""


def built_stages(out: str) -> list[str]:
    """Return the stages that a run says it built."""
    return [line.split()[1] for line in out.splitlines() if line.startswith("built ")]


def counts(out: str) -> tuple[int, int]:
    """Return how many stages a run says were built, and were up to date, in its last line."""
    last = out.splitlines()[-1]
    form = r"(?:(\d+) built)?(?:, )?(?:(\d+) up to date)? in .+"
    found = re.fullmatch(form, last)
    assert found is not None, out
    return int(found[1] or 0), int(found[2] or 0)


@pytest.mark.parametrize("people", [2, 8, 64])
def test_simultaneous_builds_run_every_action_once_in_total(project: Project, people: int) -> None:
    project.dodo(CHAIN)
    processes = [project.start("c") for _ in range(people)]
    ends = [(*p.communicate(timeout=DEADLINE_SECONDS * 2), p.returncode) for p in processes]
    assert [code for _, _, code in ends] == [0] * people, [e for e in ends if e[2]]
    assert sorted(project.ran()) == ["a", "b", "c"]
    built = [name for out, _, _ in ends for name in built_stages(out)]
    assert sorted(built) == ["a", "b", "c"]
    for out, err, _ in ends:
        assert sum(counts(out)) == 3, (out, err)
        assert counts(out)[0] == len(built_stages(out)), (out, err)
    assert "3 up to date" in project.doit("c").out


def begun(project: Project, name: str) -> bool:
    return bool(list(project.folder.glob(f"**/{name}.txt.begun")))


def test_different_targets_are_built_side_by_side(project: Project) -> None:
    project.dodo(SLOW)
    first, second = project.start("one"), project.start("two")
    wait_until(lambda: begun(project, "one") and begun(project, "two"))
    (project.folder / "go").touch()
    for process in (first, second):
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0
        assert "waiting" not in err
    assert "2 up to date" in project.doit().out


def test_who_waits_says_for_whom_and_then_finds_the_stage_built(project: Project) -> None:
    project.dodo(SLOW)
    first = project.start("one")
    wait_until(lambda: begun(project, "one"))
    second = project.start("one", PYTHONUNBUFFERED="1")
    assert second.stderr is not None
    said = second.stderr.readline()
    assert said.startswith(f"waiting for one: pid {first.pid} on host ")
    (project.folder / "go").touch()
    first.communicate(timeout=DEADLINE_SECONDS)
    out, _ = second.communicate(timeout=DEADLINE_SECONDS)
    assert (first.returncode, second.returncode) == (0, 0)
    assert project.ran() == ["one"]
    assert "1 up to date" in out


def test_who_waits_takes_over_at_once_when_the_holder_is_killed(project: Project) -> None:
    project.dodo(SLOW)
    first = project.start("one")
    wait_until(lambda: begun(project, "one"))
    second = project.start("one", PYTHONUNBUFFERED="1")
    assert second.stderr is not None
    second.stderr.readline()
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate(timeout=DEADLINE_SECONDS)
    (project.folder / "go").touch()
    out, _ = second.communicate(timeout=DEADLINE_SECONDS)
    assert second.returncode == 0
    assert "1 built" in out
    assert project.ran() == ["one", "one"]
    assert not list(project.folder.glob("**/.datamake-*"))


def lease_of(pid: int, started: str) -> Process:
    """Return who holds a lease: a process of this machine and boot, with this start time."""
    return msgspec.structs.replace(Process.current(), pid=pid, started=started)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "with workers"])
def test_a_lease_whose_pid_belongs_to_another_process_now_is_taken_over_at_once(
    project: Project, workers: list[str]
) -> None:
    project.dodo("""
        def make(targets):
            note("a")
            pathlib.Path(targets[0]).write_text("a")

        def task_a():
            return {"file_dep": ["raw.txt"], "targets": ["out/a.txt"], "actions": [make]}
    """)
    project.write("raw.txt", "1")
    project.doit()
    project.write("raw.txt", "2")
    project.write("out/.datamake-dead/a.txt", "half of a")
    stranger = subprocess.Popen(["sleep", "1000"], cwd=project.folder)
    try:
        own_start = Path(f"/proc/{stranger.pid}/stat").read_text().rpartition(")")[2].split()[19]
        dead = lease_of(stranger.pid, str(int(own_start) // 2))
        hold(project, dead)
        plan = project.doit("why", "a")
        assert "last attempt was interrupted" in plan
        said = project.doit("run", "--wait", "0", *workers)
        assert "waiting" not in said
        assert "last attempt was interrupted" in said
        assert stranger.poll() is None  # it is nobody's child here
        assert project.files() == ["out/a.txt", "raw.txt"]
        assert project.ran() == ["a", "a"]

        # The same lease of the process that has this pid now is nobody's to take.
        project.write("raw.txt", "3")
        hold(project, lease_of(stranger.pid, own_start))
        said = project.doit("run", "--wait", "0", *workers, code=1)
        assert f"gave up waiting for a: pid {stranger.pid} on host" in said
        assert "has been building it for 2 h" in said
        assert project.ran() == []
    finally:
        stranger.kill()
        stranger.wait()


def in_a_container(project: Project) -> None:
    """Have the one who holds a lease be in a container, which has its own table of processes."""
    path = project.folder / ".datamake/store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        (holder,) = store.execute("SELECT holder FROM record WHERE holder NOTNULL").fetchone()
        process = msgspec.convert(json.loads(holder)["process"], Process)
        contained = msgspec.structs.replace(process, space="pid:[1]", host="container")
        changed = json.loads(holder) | {"process": msgspec.to_builtins(contained)}
        store.execute("UPDATE record SET holder = ? WHERE holder NOTNULL", (json.dumps(changed),))
    running = project.folder / ".datamake/running"
    (running / process.name).rename(running / contained.name)


def test_who_builds_in_a_container_is_waited_for_and_taken_over_at_once_when_it_is_killed(
    project: Project,
) -> None:
    dodo(
        project,
        """
        def make(targets):
            pause("a")
            pathlib.Path(targets[0]).write_text("a")

        def task_a():
            return {"targets": ["a.txt"], "actions": [make]}
        """,
    )
    contained = project.start()
    wait_for_pause(project, "a")
    in_a_container(project)
    said = project.doit("run", "--wait", "0", code=1)
    assert f"gave up waiting for a: pid {contained.pid} on host container" in said
    contained.kill()
    contained.communicate()
    go_on(project, "a")
    said = project.doit("run", "--wait", "0")
    assert "last attempt was interrupted" in said
    assert project.read("a.txt") == "a"


def hold(project: Project, holder: Process) -> None:
    """Note an attempt of somebody at the stage `a` that began two hours ago."""
    staging = "out/.datamake-dead"
    target = StagedTarget(
        name="out/a.txt",
        path="out/a.txt",
        destination="out/a.txt",
        staged=f"{staging}/a.txt",
        last_good=f"{staging}/.datamake-last-good/a.txt",
        in_place=False,
        there=True,
        shared=False,
    )
    stage = Stage("a", ("raw.txt",), ("out/a.txt",))
    began = time.time() - 2 * 3600
    mine = Underway("a", stage.targets, holder, (target,), new_token(), began)
    with closing(Store.open(str(project.folder / ".datamake" / "store.sqlite"))) as store:
        taken = store.leases.acquire(stage, mine, lambda holder, beat: False)
        assert taken.holder is None
        store.leases.hold(stage, mine)


def test_waiting_can_be_bounded(project: Project) -> None:
    project.dodo(SLOW)
    first = project.start("one")
    wait_until(lambda: begun(project, "one"))
    said = project.doit("run", "--wait", "0.2", "one", code=1)
    assert "gave up waiting for one: pid" in said
    (project.folder / "go").touch()
    first.communicate(timeout=DEADLINE_SECONDS)
    assert project.ran() == ["one"]


def test_ctrl_c_while_waiting_leaves_the_holder_alone(project: Project) -> None:
    project.dodo(SLOW)
    first = project.start("one")
    wait_until(lambda: begun(project, "one"))
    second = project.start("one", PYTHONUNBUFFERED="1")
    assert second.stderr is not None
    second.stderr.readline()
    os.kill(second.pid, signal.SIGINT)
    _, err = second.communicate(timeout=DEADLINE_SECONDS)
    assert second.returncode == 130
    assert "Traceback" not in err
    (project.folder / "go").touch()
    first.communicate(timeout=DEADLINE_SECONDS)
    assert first.returncode == 0
    assert project.read("out/one.txt") == "one"


STEPS = """
    def make(name, dependencies, targets):
        note(name)
        text = "".join(pathlib.Path(path).read_text() for path in dependencies)
        pathlib.Path(targets[0]).write_text(f"({name} {text})")
        time.sleep(0.15)

    def stage(name, *reads):
        return {"basename": name, "file_dep": list(reads), "targets": [f"{name}.txt"],
                "actions": [(make, [name])]}

    def task_all():
        yield stage("left", "raw.txt")
        yield stage("right", "raw.txt")
        yield stage("both", "left.txt", "right.txt")
        yield stage("side", "left.txt", "own.txt")
        yield stage("last", "both.txt", "side.txt")
"""


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[str, str]]:
    """Wait for builds that all have to succeed; return what each wrote."""
    said = [process.communicate(timeout=DEADLINE_SECONDS * 2) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def content(raw: str, own: str) -> str:
    """Return what the last of the steps is to hold."""
    left, right = f"(left {raw})", f"(right {raw})"
    return f"(last (both {left}{right})(side {left}{own}))"


def test_builds_that_come_while_it_is_built_run_every_action_once(project: Project) -> None:
    project.dodo(CHAIN.replace("0.05", "0.4"))
    processes = [project.start("c")]
    for _ in range(7):
        time.sleep(0.11)  # nothing is waited for: each comes at another instant of the build
        processes.append(project.start("c"))
    said = ended(processes)
    assert sorted(project.ran()) == ["a", "b", "c"]
    assert sorted(name for out, _ in said for name in built_stages(out)) == ["a", "b", "c"]
    assert [sum(counts(out)) for out, _ in said] == [3] * 8
    assert project.read("c.txt") == "c"
    assert "3 up to date" in project.doit("c").out


ORDERS = (["last"], ["side", "both"], ["right", "last"], ["both", "side"], ["left"], ["last"])
NEEDED = [5, 4, 5, 4, 1, 5]  # how many stages each of these brings up to date


def test_people_who_build_overlapping_parts_between_edits_run_each_action_once(
    project: Project,
) -> None:
    project.dodo(STEPS)
    edits = [("raw.txt", "1"), ("own.txt", "2"), ("raw.txt", "3"), ("own.txt", "4")]
    files = {"raw.txt": "0", "own.txt": "0"}
    for name, text in files.items():
        project.write(name, text)
    expected = {"raw.txt": ["both", "last", "left", "right", "side"], "own.txt": ["last", "side"]}
    ended([project.start(*stages) for stages in ORDERS])
    assert sorted(project.ran()) == expected["raw.txt"]
    for name, text in edits:
        files[name] = text
        project.write(name, text)
        said = ended([project.start(*stages) for stages in ORDERS])
        assert sorted(project.ran()) == expected[name]
        built = [name for out, _ in said for name in built_stages(out)]
        assert sorted(built) == expected[name]
        assert [sum(counts(out)) for out, _ in said] == NEEDED
        assert project.read("last.txt") == content(files["raw.txt"], files["own.txt"])
        assert "5 up to date" in project.doit().out


def test_an_edit_while_a_crowd_builds_is_built_by_one_of_them_or_by_the_next(
    project: Project,
) -> None:
    project.dodo(STEPS)
    project.write("raw.txt", "old")
    project.write("own.txt", "0")
    processes = [project.start(*stages) for stages in ORDERS]
    wait_until(lambda: project.exists("left.txt") and not project.exists("last.txt"))
    project.write("own.txt", "1")
    ended(processes)
    project.doit()
    ran = project.ran()
    assert project.read("last.txt") == content("old", "1")
    # What does not read the edited file ran once; what does, once for each content it saw.
    assert [ran.count(name) for name in ("left", "right", "both")] == [1, 1, 1]
    assert 1 <= ran.count("side") <= 2
    assert 1 <= ran.count("last") <= 2
    assert "5 up to date" in project.doit().out
