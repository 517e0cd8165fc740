"""Standard outputs that lead each thread of a process, and those that it starts, elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


class _Way:
    """Where a thread's text goes, until that is over: then where it went before."""

    def __init__(self, stream: Any, before: _Way | None) -> None:
        self.stream: Any = stream
        self.before = before
        self.is_over = False


class Routed:
    """A standard stream whose text goes where the thread that writes it says.

    A thread that says nothing writes where the one that started it does, and where none has said
    anything, or that is over, to the stream itself.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._of_thread = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._present(), name)

    def _present(self) -> Any:
        way: _Way | None = getattr(self._of_thread, "way", None)
        while way is not None and way.is_over:
            way = way.before
        return self._stream if way is None else way.stream

    @contextmanager
    def _leading(self, stream: Any) -> Iterator[None]:
        before = getattr(self._of_thread, "way", None)
        way = self._of_thread.way = _Way(stream, before)
        try:
            yield
        finally:
            way.is_over = True
            self._of_thread.way = before

    @classmethod
    @contextmanager
    def installed(cls) -> Iterator[None]:
        """Have sys.stdout and sys.stderr routed in the block."""
        before, start = (sys.stdout, sys.stderr), threading.Thread.start
        both = sys.stdout, sys.stderr = cls(before[0]), cls(before[1])

        def started(thread: threading.Thread) -> None:
            ways = [getattr(each._of_thread, "way", None) for each in both]
            run = thread.run

            def run_routed() -> None:
                for each, way in zip(both, ways, strict=True):
                    each._of_thread.way = way
                run()

            if any(ways):
                thread.run = run_routed  # type: ignore[method-assign]
            start(thread)

        threading.Thread.start = started  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            threading.Thread.start = start  # type: ignore[method-assign]
            sys.stdout, sys.stderr = before

    @classmethod
    @contextmanager
    def to(cls, out: Any, err: Any) -> Iterator[None]:
        """Have what this thread writes in the block go to two streams."""
        with ExitStack() as ways:
            for stream, way in ((sys.stdout, out), (sys.stderr, err)):
                if isinstance(stream, cls):
                    ways.enter_context(stream._leading(way))
            yield
