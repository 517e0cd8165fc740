"""Streams that can be told any file name."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

ERRORS = "backslashreplace"

# What a terminal is called that can't do more than print lines.
SIMPLE = ("", "dumb", "unknown")


class Lasting:
    """A text stream that outlives its reader: a terminal that is closed, a pipe, a full disk.

    What can't be written any more is dropped; `lost` is the error that said so.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        """Write a text."""
        if self.lost is None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self.lose(error)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Write what is still held back."""
        if self.lost is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self.lose(error)

    def lose(self, error: Exception) -> None:
        """Drop all that is written from now on, since it can't be."""
        self.lost = error
        # What is still held back would fail again when Python ends.
        with suppress(OSError, ValueError, AttributeError):
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, self._stream.fileno())
            os.close(sink)


def tolerant(stream: Any) -> Any:
    """Have a text stream write what its encoding lacks as escapes, and return the stream.

    File names may hold bytes that are no text, which Python has as lone surrogates.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ERRORS)
    elif isinstance(stream, codecs.StreamReaderWriter):
        stream.writer.errors = ERRORS
    return stream


def is_screen(stream: Any) -> bool:
    """Whether a stream goes to a terminal that can show more than plain lines, and is to do so."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "") in SIMPLE:
        return False
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # something else in its place, or closed
        return False


def say(line: str) -> None:
    """Write a line for the person to standard error."""
    stream = Lasting(sys.stderr)
    stream.write(f"{line}\n")
    stream.flush()
