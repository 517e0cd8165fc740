"""Notices the project's files that a Python action opens without having declared them.

Python announces every file that it opens to audit hooks (PEP 578). Files that a library opens
by itself, in C, or that another program opens are not seen.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from datamake.disk import OWN_PREFIX
from datamake.paths import canonical

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CODE = (".py", ".pyc", ".pyi", ".so", ".pth")


class Opened(Struct):
    """Absolute paths that were opened for reading, and for writing."""

    read: dict[str, None] = {}
    written: dict[str, None] = {}


class Audit:
    """Watches what the present thread opens. One is enough for a process: hooks stay for ever.

    `made_by` tells which stage makes a path, if any does.
    """

    def __init__(self, root: str, made_by: Callable[[str], str | None]) -> None:
        self._root = root
        self._made_by = made_by
        self._watching: dict[int, Opened] = {}
        self._installed = False

    @contextmanager
    def watching(self, opened: Opened) -> Iterator[Opened]:
        """Collect what is opened inside the `with` block."""
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._hear)
        thread = threading.get_ident()
        self._watching[thread] = opened
        try:
            yield opened
        finally:
            del self._watching[thread]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not self._watching:
            return
        opened = self._watching.get(threading.get_ident())
        if opened is None:
            return
        path, _, flags = arguments
        if isinstance(path, str | bytes | os.PathLike):
            full = os.path.join(os.getcwd(), os.fsdecode(path))
            (opened.written if (flags or 0) & WRITES else opened.read)[full] = None

    def undeclared(self, opened: Opened, declared: Collection[str]) -> Iterator[str]:
        """Yield what to say of each file of the project that was opened and is not declared.
        Left out: what lies below a declared folder, code, datamake's own files, what lies in
        hidden folders, and what was written and is gone again.
        """
        written = {path for path in map(self._in_project, opened.written) if path is not None}
        for path in sorted(written):
            if os.path.exists(path) and not _covered(path, declared):
                yield f"wrote {path}, {self._undeclared(path)}"
        for full in opened.read:
            read = self._in_project(full)
            if read is None or read in written or _covered(read, declared):
                continue
            if os.path.isfile(read):
                yield f"read {read}, {self._undeclared(read)}"

    def _undeclared(self, path: str) -> str:
        maker = self._made_by(path)
        return f"which it does not declare{f' and {maker} makes' if maker else ''}"

    def _in_project(self, full: str) -> str | None:
        path = canonical(full, self._root)
        if os.path.isabs(path) or path.endswith(CODE):
            return None
        if any(part.startswith((OWN_PREFIX, ".")) for part in path.split(os.sep)):
            return None
        inside_environment = os.path.join(self._root, path).startswith(sys.prefix + os.sep)
        return None if inside_environment else path


def _covered(path: str, declared: Collection[str]) -> bool:
    while path:
        if path in declared:
            return True
        path = os.path.dirname(path)
    return False
