"""No process that an attempt started outlives it."""

from __future__ import annotations

import subprocess
import sys
import time

from datamake.children import end_children, marked


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
