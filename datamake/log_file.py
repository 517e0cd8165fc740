"""The file that an attempt's actions log to: line by line, and not without bounds."""

from __future__ import annotations

import os
import threading

from datamake.log_text import ERR, ERRORS, OUT, OWN, decorated
from datamake.logs import LogPlace
from datamake.show.words import size

# Of what is too much for a log the end is kept: that is where a failure shows.
LAST_BYTES = 65_536

MARKS = (OUT.encode(), ERR.encode())


class LogFile:
    """A log as the actions write it, of at most so many bytes; opened for the first text.

    Where its place has no path nothing is logged.

    What is written is written at once, and never to be changed, so that it can be followed.
    `problem` says why it ends early, "" if it does not; `is_of_fork` that an action has forked
    this process.
    """

    def __init__(self, place: LogPlace) -> None:
        self.problem = ""
        self.is_of_fork = False
        self._path, self._room = place.path, place.most
        self._most = place.most
        self._file: int | None = None
        self._within: str | None = None
        self._is_within = False
        self._last: bytearray | None = None
        self._left_out = 0
        self._lock, self._process = threading.RLock(), os.getpid()

    @property
    def lock(self) -> threading.RLock:
        """What keeps threads from writing at once; a fork has its own, as nobody frees this one.

        To be asked for before anything is written: then `is_of_fork` is right.
        """
        if os.getpid() != self._process:
            self._lock, self._process = threading.RLock(), os.getpid()
            self.is_of_fork = True
        return self._lock

    def put(self, text: str, mark: str) -> None:
        """Write a text, each of its lines with a mark."""
        if not text or not self._path:
            return
        raw = decorated(text, mark, self._within).encode("utf-8", ERRORS)
        self._within = None if text.endswith("\n") else mark
        if self._last is None:
            if len(raw) <= self._room:
                self._room -= len(raw)
                self._write(raw)
                return
            end = raw.rfind(b"\n", 0, self._room) + 1
            self._write(raw[:end])
            raw, self._last = raw[end:], bytearray()
        self._last += raw
        if len(self._last) > 2 * LAST_BYTES:
            self._leave_out(len(self._last) - LAST_BYTES)

    def close(self) -> None:
        """End the last line; of what was too much, write how much it is and the end of it."""
        last = self._last
        if last is not None:
            if len(last) > LAST_BYTES:
                self._leave_out(len(last) - LAST_BYTES)
            if self._left_out:
                self._leave_out(last.find(b"\n") + 1)
                most = f"logs_size is {size(self._most)}"
                newline = "\n" if self._is_within else ""
                line = f"{newline}{OWN}{size(self._left_out)} left out here: {most}\n"
                self._write(line.encode() + (b"" if last[:2] in MARKS else OUT.encode()))
            self._write(bytes(last))
        if self._is_within:
            self._write(b"\n")
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _leave_out(self, count: int) -> None:
        if self._last is not None:
            del self._last[:count]
            self._left_out += count

    def _write(self, raw: bytes) -> None:
        if not raw or self.problem:
            return
        self._is_within = not raw.endswith(b"\n")
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            while raw:
                raw = raw[os.write(self._file, raw) :]
        except OSError as error:
            self.problem = str(error)
