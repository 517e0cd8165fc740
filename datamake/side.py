"""What stands for one standard output of an action: what is written to it is logged and shown."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from datamake.direct import Direct, flush_of_c
from datamake.log_file import LogFile
from datamake.log_text import OUT
from datamake.redaction import Redactor

# A line that does not end is logged in pieces of so many characters.
LONGEST_LINE = 65_536


class Side:
    """Stands for standard output or standard error of an action; what is written is logged.

    It is logged by whole lines, and by parts of a line where that is flushed. A process that an
    action forks may go on writing.
    """

    def __init__(
        self,
        log: LogFile,
        mark: str,
        redactor: Callable[[], Redactor],
        direct: Direct | None = None,
    ) -> None:
        self._log = log
        self._mark = mark
        self._new_redactor = redactor
        self._direct = direct
        self._line = ""
        self._shown: Any = None
        self._forked = False
        # Those that are drained before anything else is logged, for the order.
        self.together: tuple[Side, ...] = ()
        # What shows what is written past Python; None where that is shown from the file.
        self.past_python: Any = None

    @functools.cached_property
    def _redactor(self) -> Redactor:
        return self._new_redactor()

    def hand_on_to(self, stream: Any) -> None:
        """Have what is written shown on another stream as well; None for no such stream."""
        self._shown = stream

    def write(self, text: str) -> int:
        """Write a text."""
        with self._log.lock:
            if self.past_python is not None and self._shown is not None and not self._line:
                self._drain_all()  # what came before it is to be seen before it
            # What a fork shows comes to the log from the file of the worker that it is a fork of.
            if not self._is_fork() or self._shown is None or not self._shown_in_file:
                self._line += text
                if "\n" in text or len(self._line) > LONGEST_LINE:
                    self._put(self._line.rfind("\n") + 1 or len(self._line))
            if self._shown is not None:
                self._hand_on(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Log an unfinished line too."""
        with self._log.lock:
            if self._line:
                self._put(len(self._line))
            if self._shown is not None:
                self._shown.flush()

    def isatty(self) -> bool:
        """Whether what is written is seen at once on a terminal."""
        return self._shown is not None and bool(self._shown.isatty())

    def fileno(self) -> int:
        """Return the number of the file that a program writes to which is handed this stream.

        It is the process's own where nothing is shown, as if no stream had been handed on, and
        where a file is in its place.
        """
        if self._shown is None or (self._direct is not None and not self._shown_in_file):
            return 1 if self._mark == OUT else 2
        return int(self._shown.fileno())

    def end(self) -> None:
        """Log what is held back: no more is written."""
        direct = self._direct
        more = direct is not None and (direct.holds_shown or not direct.is_silent)
        if more or self._line or "_redactor" in self.__dict__:
            with self._log.lock:
                self._put(len(self._line), last=True)

    def drain(self, *, flush: bool = False) -> None:
        """Log what was written to the standard output itself, with `flush` all of it."""
        if self._direct is not None and not self._is_fork():
            if flush:
                self._direct.flush()
            for piece in self._direct.taken():
                self._log.put(self._redactor.redacted(piece), self._mark)
                if self.past_python is not None:
                    self.past_python.write(piece)
                    self.past_python.flush()

    def _put(self, count: int, *, last: bool = False) -> None:
        text, self._line = self._line[:count], self._line[count:]
        self._drain_all()
        if text or last:
            self._log.put(self._redactor.redacted(text, last=last), self._mark)

    def _drain_all(self) -> None:
        if self.together:
            flush_of_c()
        for side in self.together:
            side.drain(flush=True)

    def _hand_on(self, text: str) -> None:
        self._shown.write(text)
        if self._direct is not None and self._shown_in_file and not self._is_fork():
            self._shown.flush()
            self._direct.skip(text)

    @property
    def _shown_in_file(self) -> bool:
        return self._direct is not None and self._direct.holds_shown

    def _is_fork(self) -> bool:
        """Whether this is a process that an action has forked."""
        if self._log.is_of_fork and not self._forked:
            self._forked, self._line = True, ""  # what is unfinished is for the other to log
        return self._forked
