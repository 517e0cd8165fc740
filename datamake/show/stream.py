"""Streams that can be told any file name."""

from __future__ import annotations

import codecs
import io
from typing import Any

ERRORS = "backslashreplace"


def tolerant(stream: Any) -> Any:
    """Have a text stream write what its encoding lacks as escapes, and return the stream.

    File names may hold bytes that are no text, which Python has as lone surrogates.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ERRORS)
    elif isinstance(stream, codecs.StreamReaderWriter):
        stream.writer.errors = ERRORS
    return stream
