"""Ends an action that takes longer than it may."""

from __future__ import annotations

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType
from typing import NoReturn

from datamake.interruption import TookTooLong, present
from datamake.pressing import Press, end_by_force
from datamake.show.words import duration

# An action that is still there so long after its time was up hangs outside of Python.
GRACE_SECONDS = 30.0

# What has had its time may clear up so long before it is told again and again.
PATIENCE_SECONDS = 5.0


def limited(seconds: float | None, stage: str = "") -> AbstractContextManager[None]:
    """Raise TookTooLong in the block once it has taken so many seconds, or behind it where an
    action swallowed that; where it goes on, again and again.

    What can't be left even so ends the process, in order where that is possible. What hangs
    outside of Python and can't be raised into ends it a while later, with a traceback on standard
    error: the next run finds an interrupted stage.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        return nullcontext()
    return _limited(seconds, stage)


@contextmanager
def _limited(seconds: float, stage: str) -> Iterator[None]:
    words, stop = f"it took longer than its time limit of {duration(seconds)}", present()
    rung: list[TookTooLong] = []

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        rung.append(TookTooLong(words))
        Press(lambda: TookTooLong(words), give_up).begin(PATIENCE_SECONDS)
        raise rung[0]

    def give_up() -> NoReturn:
        line = f"{stage} failed: {words} and could not be stopped"
        if stop is None:
            end_by_force(1, line, None)
        stop.end(rung[0], 1, line)

    before = signal.signal(signal.SIGALRM, ring)
    with suppress(AttributeError, RuntimeError, OSError):  # where there is no standard error
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
    try:
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    if rung:
        raise rung[0]
