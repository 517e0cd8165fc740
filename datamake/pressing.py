"""Ends an action that goes on although it was told to stop: raises into it until it has left."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from doit.task import Task

# What was told to stop is given so long before a person hears that it is waited for.
NOTICE_SECONDS = 2.0

# How long is raised into an action before it is given up.
PRESS_SECONDS = 5.0

# One exception at a time may be swallowed each time. Of those that come at irregular instants
# one comes behind the `except` that swallowed the one before, and ahead of the next `try`.
LONGEST_PAUSE_NANOSECONDS = 200_000

# One that comes between Python's last look for one and a wait is heard when that is over.
AGAIN_SECONDS = 0.05

# Actions may have put something else in its place.
_leave = os._exit


def is_acting(frame: FrameType | None) -> bool:
    """Whether a frame is that of a task's action, or of what it called."""
    while frame is not None:
        if frame.f_code is Task.execute.__code__:
            return True
        frame = frame.f_back
    return False


class Press:
    """Raises what `error` makes where the main thread is in an action, until it is in none.

    Where that is in vain `give_up` is called. It has the process's alarm.
    """

    def __init__(self, error: Callable[[], BaseException], give_up: Callable[[], Any]) -> None:
        self._error = error
        self._give_up = give_up
        self._end: float | None = None

    def begin(self, seconds: float = 1e-6) -> None:
        """Begin to raise in so many seconds."""
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        if not is_acting(frame):
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            return
        now = time.monotonic()
        if self._end is None:
            self._end = now + PRESS_SECONDS
        if now >= self._end:
            self._give_up()
        pause = time.monotonic_ns() % LONGEST_PAUSE_NANOSECONDS + 1000
        signal.setitimer(signal.ITIMER_REAL, pause * 1e-9, AGAIN_SECONDS)
        raise self._error()


def say_over(line: str, stream: Any) -> None:
    """Write a line to the person from where a signal came, be it in the middle of a write."""
    with suppress(OSError, ValueError, RuntimeError, AttributeError):
        stream.write(f"{line}\n")
        stream.flush()


def announce(stages: Collection[str], stream: Any) -> None:
    """Say in a while who is waited for, if the alarm is not set anew by then."""
    line = f"waiting for {' '.join(stages)} to stop: a second Ctrl-C ends it by force"

    def notice(number: int, frame: FrameType | None) -> None:
        say_over(line, stream)

    signal.signal(signal.SIGALRM, notice)
    signal.setitimer(signal.ITIMER_REAL, NOTICE_SECONDS)


def end_by_force(
    code: int, line: str, undo: Callable[[], None] | None, stream: Any = None
) -> NoReturn:
    """End this process from within an action that can't be left, with what it started.

    `undo` puts back what the action did; `line` is the last that is said.
    """
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    try:
        from datamake.children import end_descendants

        end_descendants()
        if undo is not None:
            undo()
    except BaseException as error:  # noqa: BLE001 - the process is to end, whatever comes up
        line += f"; what it left is cleared by the next run ({type(error).__name__}: {error})"
    say_over(line, sys.__stderr__ if stream is None else stream)
    _leave(code)
