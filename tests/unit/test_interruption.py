"""A run ends in order when it is told to."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import pytest

from datamake.exits import exits_caught
from datamake.interruption import LeftByExit, Stopped, TookTooLong, stoppable
from datamake.time_limit import limited


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_block_and_tells_the_exit_code(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, stoppable():
        os.kill(os.getpid(), number)
        time.sleep(10)
    assert stopped.value.code == 128 + number
    assert signal.getsignal(number) is before


def test_a_signal_that_something_else_was_made_of_stops_the_block_too() -> None:
    """As Python does where it sets the names of a class's attributes, until version 3.12."""
    with pytest.raises(Stopped) as stopped, stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        except Stopped as heard:
            raise RuntimeError("Error calling __set_name__") from heard
    assert stopped.value.code == 143


def test_an_error_of_another_origin_is_that_error() -> None:
    with pytest.raises(ValueError, match="before"), stoppable():
        raise ValueError("before")


def test_a_second_signal_does_not_cut_the_clearing_short() -> None:
    cleared = False
    with pytest.raises(Stopped), stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleared = True
    assert cleared


def test_what_takes_too_long_is_ended_although_it_catches_exceptions() -> None:
    def stubborn() -> None:
        with suppress(Exception):
            time.sleep(10)

    with pytest.raises(TookTooLong), limited(0.05):
        stubborn()


def test_what_is_done_in_time_is_not_disturbed() -> None:
    with limited(0.05):
        pass
    time.sleep(0.1)


def test_os_exit_is_caught_and_a_forked_child_may_still_use_it() -> None:
    with pytest.raises(LeftByExit, match=r"os\._exit\(0\)"), exits_caught():
        child = os.fork()
        if child == 0:
            os._exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7
        os._exit(0)
