"""Stable text of plain data: equal text, equal data, in every process and every place."""

from __future__ import annotations

import marshal
import os
import re
import struct
import sys
from typing import Any, cast

from datamake.plain_text import Text, TooManyError, digest_of, is_data, name_of

# What stands for the project's folder, so that a project may be moved.
FOLDER = "<project>"

# So many values are looked at one by one; of more, the whole is taken at the speed of C.
MOST = 10_000


class PlainData:
    """Writes plain data down, with paths relative to one project's folder.

    Plain are the values of Python's own types and the standard library's for dates, numbers and
    paths, and lists, dictionaries, sets, records and enumerations of such. Within them, other
    values stand as their class, functions and classes as their name.
    """

    def __init__(self, root: str) -> None:
        folders = {os.path.abspath(root), os.path.realpath(root)} - {os.sep}
        longest_first = sorted(folders, key=len, reverse=True) or ["\0"]
        either = f"(?:{'|'.join(map(re.escape, longest_first))})"
        # Not within the name of another file.
        self._folder = re.compile(rf"(?<![\w.\-]){either}(?![\w.\-])")
        # A string stands behind a letter and its length.
        names = [os.fsencode(folder) for folder in longest_first]
        exact = [re.escape(struct.pack("<I", len(name)) + name) for name in names]
        below = [b".{4}" + re.escape(name + b"/") for name in names]
        self._marshalled = re.compile(b"u(?:" + b"|".join([*exact, *below]) + b")", re.DOTALL)

    def digest(self, value: object) -> str:
        """Return a digest of data; an empty text for what is none, such as a function."""
        if not is_data(value):
            return ""
        try:
            written = self._written(value)
        except RecursionError:
            written = f"<{name_of(type(value))}: nested too deeply>".encode()
        return digest_of(written)

    def is_whole(self, value: object) -> bool:
        """Whether a value is nothing but data: no functions, classes or other objects in it."""
        try:
            marshal.dumps(cast(Any, value), 0)
        except ValueError:
            text = Text(self.relative, sys.maxsize)
            try:
                text.of(value)
            except RecursionError:
                return False
            return text.is_whole
        return True

    def text(self, name: str, value: object) -> str:
        """Return the text of a named value to be shown: secrets are hidden, much is a digest."""
        try:
            return Text(self.relative, MOST, shown=True).of(value, name)
        except (TooManyError, RecursionError):
            size = f" of {len(value):,}" if hasattr(value, "__len__") else ""
            return f"<{name_of(type(value))}{size}, blake3 {self.digest(value)[:16]}>"

    def relative(self, text: str) -> str:
        """Return a text with the project's folder replaced by what stands for it."""
        return self._folder.sub(FOLDER, text)

    def _written(self, value: object) -> bytes:
        try:
            return self._encoded(value, MOST)
        except TooManyError:
            pass
        try:
            # The first format knows nothing of interned or shared objects; sets are sorted.
            written = marshal.dumps(cast(Any, value), 0)
        except ValueError:  # there are others than Python's own types in it
            return self._encoded(value, sys.maxsize)
        return self._marshalled.sub(FOLDER.encode(), written)

    def _encoded(self, value: object, most: int) -> bytes:
        return Text(self.relative, most).of(value).encode("utf-8", "surrogatepass")
