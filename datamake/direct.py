"""What is written past Python to standard outputs in whose place files are, as it comes."""

from __future__ import annotations

import codecs
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from datamake.log_text import ERRORS

READ_BYTES = 65_536

# So often is looked for what came, so that a log can be followed while an action runs in C.
POLL_SECONDS = 0.2


class Direct:
    """A file in the place of a standard output, with what libraries and children write to it.

    `number` is that of the file, `stream` is Python's that writes there. One that `holds_shown`
    also has what Python writes that is to be seen.
    """

    def __init__(self, number: int, stream: Any, *, holds_shown: bool = False) -> None:
        self._number = number
        self._stream = stream
        self.holds_shown = holds_shown
        status = os.fstat(number)
        self._file = status.st_dev, status.st_ino
        self._place = status.st_size
        self._ranges: list[tuple[int, int]] = []

    @classmethod
    def of_worker(cls) -> tuple[Direct, Direct]:
        """Return both standard outputs of a process whose own they are, and which are files."""
        return (
            cls(1, sys.__stdout__, holds_shown=True),
            cls(2, sys.__stderr__, holds_shown=True),
        )

    @functools.cached_property
    def _decoder(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder("utf-8")(ERRORS)

    def flush(self) -> None:
        """Have what Python holds back of it written."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError):
            pass  # an action has closed it, and nothing is held back

    @property
    def is_silent(self) -> bool:
        """Whether nothing was written since the last time."""
        return not self._ranges and self._count() <= self._place

    @property
    def has_any(self) -> bool:
        """Whether anything was taken from the file, by now."""
        return self._place > 0

    def taken(self) -> Iterator[str]:
        """Yield what was written since the last time, but for what was skipped."""
        ranges, self._ranges = self._ranges, []
        begin, self._place = self._place, max(self._place, self._count())
        ranges.append((begin, self._place))
        for begin, end in ranges:
            for place in range(begin, end, READ_BYTES):
                raw = os.pread(self._number, min(end - place, READ_BYTES), place)
                yield self._decoder.decode(raw)

    def skip(self, text: str) -> None:
        """Pass over a text that was just written, and is logged by who wrote it."""
        own, count = text.encode("utf-8", ERRORS), self._count()
        begin = count - len(own)
        if begin > self._place:
            # Others have written since, before it or, while it was written, behind it.
            from_place = max(self._place, begin - READ_BYTES)
            last = os.pread(self._number, count - from_place, from_place)
            found = last.rfind(own)
            begin = count if found < 0 else from_place + found
            self._ranges.append((self._place, begin))
            self._ranges.append((begin + len(own), count))
        self._place = max(count, self._place)

    def _count(self) -> int:
        """Return how long the file is by now; 0 where an action has closed or replaced it."""
        try:
            status = os.fstat(self._number)
        except OSError:
            return 0
        return status.st_size if (status.st_dev, status.st_ino) == self._file else 0


def flush_of_c() -> None:
    """Have C write all that it holds back: to a file it writes by blocks, and not by lines."""
    flush = _fflush()
    if flush is not None:
        flush(None)


@functools.cache
def _fflush() -> Callable[[None], Any] | None:
    try:
        import ctypes

        flush: Callable[[None], Any] = ctypes.CDLL(None).fflush
    except (ImportError, OSError, AttributeError, TypeError):
        return None  # there is no such thing on this system
    return flush


class Watch:
    """A thread that has such files looked at from time to time. One does for a process.

    Before an action forks it ends: a process with threads can't be forked without risk.
    """

    def __init__(self) -> None:
        self._look: Callable[[], None] | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        os.register_at_fork(before=self.stop, after_in_child=self._forget)

    def over(self, look: Callable[[], None] | None) -> None:
        """Have this called from time to time from now on; None for nothing."""
        self._look = look
        if look is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(self._over,), daemon=True)
            self._thread.start()

    def _run(self, over: threading.Event) -> None:
        while not over.wait(POLL_SECONDS):
            look = self._look
            if look is not None:
                look()

    def stop(self) -> None:
        """End the thread, until there is something to look at again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._over.set()
            thread.join(POLL_SECONDS)
            self._over = threading.Event()

    def _forget(self) -> None:
        self._look = None


@functools.cache
def watch(process: int) -> Watch:
    """Return the watch of a process, which is this one."""
    return Watch()
