"""What an action swallowed of the signals that tell a run to stop is raised again behind it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any

from datamake.interruption import Stop, Stopped, handlers


def insisted(stage: str = "") -> AbstractContextManager[None]:
    """Raise the Stopped that came up in the block behind it, where an action swallowed it.

    Handlers that an action of the stage set for these signals are gone behind the block.
    """
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    before = handlers()
    stops = {handler for handler in before.values() if callable(handler)}
    if len(stops) == 1 and isinstance(stop := stops.pop(), Stop):
        return _Held(before, stop, stage)
    return _listened(before)


class _Held:
    """Has handlers be the same behind the block, of which one tells by itself what it raised.

    They are not set for each block: that takes longer than a small action.
    """

    def __init__(self, before: Mapping[signal.Signals, Any], stop: Stop, stage: str) -> None:
        self._before = before
        self._stop = stop
        self._stage = stage

    def __enter__(self) -> None:
        """Say whose action it is; the handlers are set."""
        self._stop.stage, self._stop.stream = self._stage, sys.stderr

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        told = self._stop.told
        if told:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        if handlers() != self._before:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if told and kind is None:
            raise told[0]


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
