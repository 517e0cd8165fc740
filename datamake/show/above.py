"""Text streams whose lines go above a display."""

from __future__ import annotations

import io
from typing import Any

from datamake.show import words
from datamake.show.screen import Screen, harmless


class Above(io.TextIOBase):
    """Writes whole lines above what a screen shows, when it is flushed."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._text = ""

    def write(self, text: str) -> int:
        """Take a text, which ends with a line."""
        self._text += text
        return len(text)

    def flush(self) -> None:
        """Show what was written."""
        text, self._text = self._text, ""
        if text:
            self._screen.above(text)


class Passing:
    """Stands for a stream that writes to the terminal of a screen while that shows something.

    What is written without the end of its line is `rest`, to be shown with it.
    """

    def __init__(self, stream: Any, screen: Screen) -> None:
        self.stream = stream
        self._screen = screen
        self._rest = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def rest(self) -> str:
        """What is seen of the line that is not whole yet, as a person sees it."""
        return _seen(self._rest).expandtabs()

    def write(self, text: str) -> int:
        """Write a text, above the display where there is one."""
        with self._screen.lock:
            *lines, rest = f"{self._rest}{text}".split("\n")
            # A bar of the stage's own is written over and over again in one line.
            self._rest = words.last_written(rest)
            if not self._screen.is_drawn:
                self.stream.write(text)
                self.stream.flush()
            elif lines:
                self._screen.above("".join(f"{_seen(line)}\n" for line in lines))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def end(self) -> None:
        """Write what is not a whole line, unless it was seen before."""
        if self._rest and self._screen.is_drawn:
            self._screen.above(f"{_seen(self._rest)}\n")
        self._rest = ""


def _seen(line: str) -> str:
    """Return what is seen of a line in which parts were written over."""
    return harmless(words.seen(line))
