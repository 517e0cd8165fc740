"""Says which worker of a run acts for which attempt, in the file that shows that the run lives.

Each worker has one line there, which it writes over: its number, and the token of the attempt.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from datamake.process import FOLDER, Process

NUMBER, TOKEN = 10, 16
LINE = re.compile(rb" *(\d{1,10}) ([0-9a-f]{16})\n")


class Assignment:
    """The line of this process, a worker of the run that `parent` is."""

    def __init__(self, parent: Process) -> None:
        self._name = parent.name
        self._number = os.getpid()
        self._file: int | None = None
        self._place = 0

    def say(self, root: str, token: str) -> None:
        """Say that this worker acts for the attempt with a token, in the project at `root`."""
        line = b"%*d %-*s\n" % (NUMBER, self._number, TOKEN, token.encode())
        # Nothing is built otherwise for it: where it can't be said nobody is told.
        with suppress(OSError):
            if self._file is None:
                self._begin(os.path.join(root, FOLDER, self._name), line)
            else:
                os.pwrite(self._file, line, self._place)

    def _begin(self, path: str, line: bytes) -> None:
        """Add the line; pwrite(2) to a file that is open for appending would add one more."""
        last = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(last, line)
            self._place = os.lseek(last, 0, os.SEEK_CUR) - len(line)
        finally:
            os.close(last)
        self._file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)


def assigned(content: bytes) -> dict[str, int]:
    """Return the numbers of workers by the tokens of attempts, from the content of a run's file."""
    return {token.decode(): int(number) for number, token in LINE.findall(content)}
