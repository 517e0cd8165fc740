"""The last lines of a terminal, which are drawn again and again in the same place."""

from __future__ import annotations

import os
import re
import threading
from typing import Any

from datamake.show.stream import ERRORS, Lasting

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
# What is wider than the terminal is cut off and not continued in the next line.
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
CLEAR_LINE, CLEAR_BELOW = "\x1b[K", "\x1b[J"

DEFAULT_SIZE = (80, 24)

# Of what stages write, colours and the like are left in; what moves the cursor is not.
COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # one with parameters
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # a text for the terminal, such as its title
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]",
    re.DOTALL,
)


def harmless(text: str) -> str:
    """Return what a stage wrote without what would disturb a display; colours stay."""
    return ESCAPE.sub(lambda found: found[0] if COLOUR.fullmatch(found[0]) else "", text)


class Screen:
    """The last lines of the terminal that a stream writes to.

    Between two drawings the cursor rests at the start of the first of them. A terminal that is
    made narrower breaks lines behind the cursor, so that it is still where it was to them, and
    all that has to be done is to clear what is below.

    Whoever draws or writes holds the `lock`.
    """

    def __init__(self, out: Any, lock: threading.RLock) -> None:
        self.lock = lock
        self._process = os.getpid()
        self._lasting = out if isinstance(out, Lasting) else Lasting(out)
        self._number: int = out.fileno()
        self._encoding: str = getattr(out, "encoding", None) or "utf-8"
        self._drawn: tuple[tuple[int, int], list[str]] | None = None

    @property
    def encoding(self) -> str:
        """The encoding of what is written."""
        return self._encoding

    @property
    def is_drawn(self) -> bool:
        """Whether it shows something now."""
        return self._drawn is not None

    def size(self) -> tuple[int, int]:
        """Return how many columns and lines there are now."""
        try:
            columns, lines = os.get_terminal_size(self._number)
        except OSError:  # it was closed
            return DEFAULT_SIZE
        return columns or DEFAULT_SIZE[0], lines or DEFAULT_SIZE[1]

    @property
    def is_ours(self) -> bool:
        """Whether this process is in the foreground of its terminal."""
        try:
            return os.tcgetpgrp(self._number) == os.getpgrp()
        except OSError:  # it is no terminal of this session: nothing else is in the foreground
            return True

    def draw(self, lines: list[str]) -> None:
        """Draw lines in the place of those that were drawn before."""
        before, self._drawn = self._drawn, (self.size(), lines)
        if before != self._drawn:
            self._write(self._frame(lines))

    def above(self, text: str) -> None:
        """Write whole lines above those that are drawn.

        A process forked from that which draws leaves it to that to draw again.
        """
        if self._drawn is None:
            self._write(text)
            return
        is_own = os.getpid() == self._process
        self._write(f"\r{CLEAR_BELOW}{text}{self._frame(self._drawn[1]) if is_own else ''}")

    def clear(self) -> None:
        """Take away what was drawn, and show the cursor."""
        if self._drawn:
            self._write(f"\r{CLEAR_BELOW}{WRAP}{SHOW_CURSOR}")
        self._drawn = None

    def _frame(self, lines: list[str]) -> str:
        body = "\r\n".join(f"{line}{CLEAR_LINE}" for line in lines)
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        return f"{HIDE_CURSOR}{NO_WRAP}\r{body}{CLEAR_BELOW}\r{up}{WRAP}"

    def _write(self, text: str) -> None:
        """Write past Python's buffers: a process that is forked meanwhile inherits none of it."""
        if self._lasting.lost is not None:
            return
        content = text.encode(self._encoding, ERRORS)
        try:
            while content:
                content = content[os.write(self._number, content) :]
        except OSError as error:
            self._lasting.lose(error)
