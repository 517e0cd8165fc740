"""Ends a run in order when it is told to stop: by a signal, or because an action takes too long."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import faulthandler
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any, NoReturn

from datamake.show.words import duration

# Told by a person or a system that goes down; a closed terminal says SIGHUP.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# An action that is still there so long after its time was up hangs outside of Python.
GRACE_SECONDS = 30.0


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


class _Stop:
    """Raises Stopped where a signal comes, and holds in `told` what it raised."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._waits = False
        self._came: int | None = None
        self.told: list[Stopped] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A child that an action forked: there is nothing for it to undo.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if self._waits:
            self._came = number
            return
        self._stop(number)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Raise what comes in the block behind it."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            if self._came is not None:
                self._stop(self._came)

    def _stop(self, number: int) -> NoReturn:
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)
        stopped = Interrupted(number) if number == signal.SIGINT else Stopped(number)
        self.told.append(stopped)
        raise stopped


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped where this thread is when the process is told to stop.

    Further signals are ignored, so that clearing up is not cut short. A signal that the process
    was started to ignore (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in STOPPING}
    stop = _Stop()
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def undivided() -> AbstractContextManager[None]:
    """Have a signal that tells this process to stop wait for the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    stops = {handler for handler in _handlers().values() if isinstance(handler, _Stop)}
    return stops.pop().waiting() if len(stops) == 1 else nullcontext()


def insisted() -> AbstractContextManager[None]:
    """Raise the Stopped that came up in the block behind it, where an action swallowed it.

    Handlers that an action set for these signals are gone behind the block.
    """
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    before = _handlers()
    stops = {handler for handler in before.values() if callable(handler)}
    if len(stops) == 1 and isinstance(stop := stops.pop(), _Stop):
        return _Held(before, stop)
    return _listened(before)


def _handlers() -> dict[signal.Signals, Any]:
    """Return what hears each signal; `signal.getsignal` has an enum look for it first, in vain."""
    return {number: _signal.getsignal(number) for number in STOPPING}


class _Held:
    """Has handlers be the same behind the block, of which one tells by itself what it raised.

    They are not set for each block: that takes longer than a small action.
    """

    def __init__(self, before: Mapping[signal.Signals, Any], stop: _Stop) -> None:
        self._before = before
        self._stop = stop

    def __enter__(self) -> None:
        """Do nothing: the handlers are set."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        told = self._stop.told
        if told and kind is None:
            raise told[0]
        if not told and _handlers() != self._before:
            for number, handler in self._before.items():
                signal.signal(number, handler)


@contextmanager
def _listened(before: Mapping[signal.Signals, Any]) -> Iterator[None]:
    with _listened_to(before) as told:
        yield
    if told:
        raise told[0]


@contextmanager
def _listened_to(before: Mapping[signal.Signals, Any]) -> Iterator[list[Stopped]]:
    """Collect what handlers raise in the block."""
    told: list[Stopped] = []

    def listen(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        try:
            if callable(handler):
                handler(number, frame)
        except Stopped as stopped:
            told.append(stopped)
            raise

    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, listen)
    try:
        yield told
    finally:
        if not told:
            for number, handler in before.items():
                signal.signal(number, handler)


def limited(seconds: float | None) -> AbstractContextManager[None]:
    """Raise TookTooLong in the block once it has taken so many seconds, or behind it where an
    action swallowed that.

    What hangs outside of Python and can't be raised into ends the process a while later, with a
    traceback on standard error: the next run finds an interrupted stage.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        return nullcontext()
    return _limited(seconds)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    rung: list[TookTooLong] = []

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        rung.append(TookTooLong(f"it took longer than its time limit of {duration(seconds)}"))
        raise rung[0]

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


def exits_caught() -> AbstractContextManager[None]:
    """Raise LeftByExit where an action calls os._exit() in this process.

    A child that it forked ends as it says.
    """
    return _ExitsCaught()


class _ExitsCaught:
    def __enter__(self) -> None:
        self._leave, self._own = os._exit, os.getpid()
        os._exit = self._caught  # type: ignore[assignment]

    def _caught(self, code: int) -> None:
        if os.getpid() != self._own:
            self._leave(code)
        raise LeftByExit(f"the action called os._exit({code!r})")

    def __exit__(self, *_: object) -> None:
        os._exit = self._leave
