"""No process that an attempt started outlives it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from datamake import children
from datamake.children import (
    TERMINATE_SECONDS,
    ForeignProcessError,
    end_all,
    end_children,
    is_running,
    marked,
    own_children,
)
from tests.unit.privileges import without_privileges


def test_children_and_theirs_are_ended_and_others_are_not() -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    other = subprocess.Popen(sleeper)
    with marked("one-attempt"):
        child = subprocess.Popen(["sh", "-c", "setsid sleep 60 & wait"])
    deadline = time.monotonic() + 10
    while end_children("one-attempt") < 2 and child.poll() is None:
        assert time.monotonic() < deadline
    assert child.wait(10) != 0
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_child_that_ignores_the_polite_signal_is_killed() -> None:
    stubborn = (
        "import signal, time; signal.signal(15, 1); print('ready', flush=True); time.sleep(60)"
    )
    with marked("stubborn"):
        child = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert end_children("stubborn") == 1
    assert child.wait(10) == -9
    child.stdout.close()


def test_who_got_an_environment_of_its_own_is_found_as_a_descendant() -> None:
    older = subprocess.Popen(["sleep", "60"], env={})
    before = own_children()
    assert older.pid in before
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"], env={"PATH": os.environ["PATH"]})
    deadline = time.monotonic() + 10
    while len(psutil.Process(child.pid).children()) < 1:
        assert time.monotonic() < deadline
    (below,) = psutil.Process(child.pid).children()
    assert end_children("unknown", before) == 2
    child.wait(10)
    assert not is_running(below.pid)
    assert older.poll() is None
    older.kill()
    older.wait()


@pytest.mark.skipif(os.getuid() != 0, reason="needs a process of another user")
def test_a_process_of_another_user_is_named_and_not_waited_for() -> None:
    with marked("foreign"):
        child = subprocess.Popen(["sleep", "60"])
    before = time.monotonic()
    with without_privileges():
        assert end_all(lambda: [child.pid] if is_running(child.pid) else []) == [child.pid]
    assert time.monotonic() - before < TERMINATE_SECONDS
    assert str(ForeignProcessError([child.pid])) == (
        f"process {child.pid} of root is still running and may not be ended from here"
    )
    assert end_children("foreign") == 1
    child.wait()


def test_where_nothing_was_left_all_processes_are_looked_through_twice_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    marked_with = children._marked_with

    def heard(token: str) -> list[int]:
        looks.append(token)
        return marked_with(token)

    monkeypatch.setattr(children, "_marked_with", heard)
    assert children.end_children("nothing", children.own_children()) == 0
    assert looks == ["nothing", "nothing"]
