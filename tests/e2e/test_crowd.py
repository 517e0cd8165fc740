"""Many people type doit at once."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until

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


@pytest.mark.parametrize("people", [2, 8, 64])
def test_simultaneous_builds_run_every_action_once_in_total(project: Project, people: int) -> None:
    project.dodo(CHAIN)
    processes = [project.start("c") for _ in range(people)]
    ends = [(*p.communicate(timeout=DEADLINE_SECONDS * 2), p.returncode) for p in processes]
    assert [code for _, _, code in ends] == [0] * people, [e for e in ends if e[2]]
    assert sorted(project.ran()) == ["a", "b", "c"]
    for out, err, _ in ends:
        assert "in" in out.splitlines()[-1], (out, err)
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
