"""Ends a run in order when it is told to stop: by a signal, or because an action takes too long."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any, NoReturn

from datamake.pressing import Press, announce, end_by_force, is_acting

# Told by a person or a system that goes down; a closed terminal says SIGHUP.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Whoever hands a signal on, sends it twice at one keystroke.
ONE_KEYSTROKE_SECONDS = 0.5


class Ending(BaseException):
    """Ends an action from outside of it. No `except Exception` of an action catches it."""


class Stopped(Ending):
    """A signal told this process to stop; `code` is the exit code a shell would show."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


class Interrupted(Stopped, KeyboardInterrupt):
    """Somebody typed Ctrl-C, or sent the signal that this sends."""


class TookTooLong(Ending):
    """An action was not done in its time."""


class LeftByExit(Ending):
    """An action called os._exit(), which would have ended doit with whatever it was given."""


class Stop:
    """Raises Stopped where a signal comes, and holds in `told` what it raised.

    `stage` is the one whose action this thread runs, `stream` where a person is told of it. A
    second signal ends by force what has not stopped; `undo` is for an action that can't be left.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._waits = False
        self._came: int | None = None
        self._since = 0.0
        self.told: list[Stopped] = []
        self.is_forced = False
        self.stage = ""
        self.stream: Any = sys.stderr
        self.undo: Callable[[BaseException], None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Hear a signal."""
        if os.getpid() != self._process:
            end_as_told(number)
        if self.told:
            self._insist(number, frame)
            return
        if self._waits:
            self._came = number
            return
        self._stop(number, frame)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Raise what comes in the block behind it."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            if self._came is not None and not self.told:
                self._stop(self._came, None)

    def _stop(self, number: int, frame: FrameType | None) -> NoReturn:
        self._since = time.monotonic()
        stopped = _stopped_by(number)
        self.told.append(stopped)
        if is_acting(frame):
            announce([self.stage], self.stream)
        raise stopped

    def _insist(self, number: int, frame: FrameType | None) -> None:
        """Have what is still acted on end. Clearing up is not cut short."""
        if self.is_forced or time.monotonic() < self._since + ONE_KEYSTROKE_SECONDS:
            return
        self.is_forced = True
        if is_acting(frame):
            code = self.told[0].code
            line = f"{self.stage} could not be stopped, and was ended by force"
            Press(lambda: _stopped_by(number), lambda: self.end(self.told[0], code, line)).begin()

    def end(self, error: BaseException, code: int, line: str) -> NoReturn:
        """End this process from within an action that can't be left, and undo what that did."""
        undo = self.undo
        end_by_force(code, line, None if undo is None else lambda: undo(error), self.stream)


def end_as_told(number: int) -> None:
    """End a process that an action forked as a signal says: there is nothing for it to undo."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _stopped_by(number: int) -> Stopped:
    return Interrupted(number) if number == signal.SIGINT else Stopped(number)


@contextmanager
def announced(stages: Collection[str]) -> Iterator[None]:
    """Say who is waited for, if it takes long until all of them have stopped."""
    if present() is None or not stages:
        yield
        return
    before = signal.getsignal(signal.SIGALRM)
    announce(stages, sys.stderr)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def undone_by(undo: Callable[[BaseException], None]) -> Iterator[None]:
    """Have this put back what an action did that can't be left, before the process is ended."""
    stop = present()
    if stop is None:
        yield
        return
    stop.undo = undo
    try:
        yield
    finally:
        stop.undo = None


def is_forced() -> bool:
    """Whether this process was told a second time to stop."""
    stop = present()
    return stop is not None and stop.is_forced


def present() -> Stop | None:
    """Return what hears the signals in this thread, None if they are not heard here."""
    if threading.current_thread() is not threading.main_thread():
        return None
    stops = {handler for handler in handlers().values() if isinstance(handler, Stop)}
    return stops.pop() if len(stops) == 1 else None


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped where this thread is when the process is told to stop.

    A further one is raised in an action that has not stopped by then, again and again, and does not
    cut short what clears up. A signal that the process was started to ignore (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (*STOPPING, signal.SIGALRM)}
    stop = Stop()
    for number in STOPPING:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    except Exception as error:
        # Until 3.12 Python makes an error of its own of what is raised in a `__set_name__`.
        if stop.told and _is_made_of(error, stop.told[0]):
            raise stop.told[0] from None
        raise
    finally:
        if stop.told:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_made_of(error: BaseException, stopped: Stopped) -> bool:
    seen: BaseException | None = error
    while seen is not None and seen is not stopped:
        seen = seen.__cause__
    return seen is stopped


def undivided() -> AbstractContextManager[None]:
    """Have a signal that tells this process to stop wait for the end of the block."""
    stop = present()
    return nullcontext() if stop is None else stop.waiting()


def handlers() -> dict[signal.Signals, Any]:
    """Return what hears each signal; `signal.getsignal` has an enum look for it first, in vain."""
    return {number: _signal.getsignal(number) for number in STOPPING}
