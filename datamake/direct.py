"""What is written past Python to a worker's standard outputs, which are files, as it comes."""

from __future__ import annotations

import codecs
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from datamake.log_text import ERRORS

READ_BYTES = 65_536

# So often is looked for what came, so that a log can be followed while an action runs in C.
POLL_SECONDS = 0.2


class Direct:
    """One of a worker's standard outputs: a file, with what libraries and children write to it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._stream = sys.__stdout__ if number == 1 else sys.__stderr__
        self._decoder = codecs.getincrementaldecoder("utf-8")(ERRORS)
        status = os.fstat(number)
        self._file = status.st_dev, status.st_ino
        self._place = status.st_size
        self._ranges: list[tuple[int, int]] = []

    def flush(self) -> None:
        """Have what Python holds back of it written."""
        # Where an action has closed it nothing is held back.
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.flush()

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


class Watch:
    """A thread that has a worker's outputs looked at from time to time. One does for a process.

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
