"""Notices the project's files that an action opens without having declared them.

Python announces every file that it opens to audit hooks (PEP 578). Files that a library opens
by itself, in C, are not seen. What commands open is heard by `datamake.trace`.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Any

from msgspec import Struct

from datamake.graph import maker
from datamake.paths import canonical
from datamake.stamps import OWN_PREFIX

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MOST_OF_A_FOLDER = 3
HIDDEN = f"{os.sep}."
STAGED = f"{os.sep}{OWN_PREFIX}-"
ENVIRONMENT = os.path.join(sys.prefix, "")
COMPILED = (".pyc", ".so", ".pth")
CODE = (*COMPILED, ".py", ".pyi")


class Opened(Struct):
    """Absolute paths that were opened for reading, and for writing.

    `is_followed` says that code among them counts anyway: that of Python actions is followed from
    function to function, while of a command only the text counts.
    """

    read: dict[str, None] = {}
    written: dict[str, None] = {}
    is_followed: bool = True


class Audit:
    """Watches what the present thread opens. One is enough for a process: hooks stay for ever.

    `makers` returns, as of now, which stage makes each target. `say` says a line to the person.
    Where `trace_copy` is set, what strace writes of commands is copied to it. With `hears_staged`
    it hears of targets in their staging folders too, of which there is never anything to be said.
    """

    trace_copy: IO[bytes] | None = None
    hears_staged = False

    def __init__(
        self,
        root: str,
        makers: Callable[[], Mapping[str, str]],
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._root = root
        self._makers = makers
        self._say = say
        self._told: set[str] = set()
        self._watching: dict[int, Opened] = {}
        self._installed = False
        prefixes = (os.path.join(prefix, "") for prefix in (sys.prefix, sys.base_prefix))
        self._libraries = tuple(prefix for prefix in prefixes if not root.startswith(prefix))

    def __reduce__(self) -> Any:
        return _elsewhere, (self._root,)

    def watching(self, opened: Opened) -> AbstractContextManager[Opened]:
        """Collect what is opened inside the `with` block."""
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._hear)
        return _Watching(self._watching, opened)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not self._watching:
            return
        path, _, flags = arguments
        # An import opens hundreds of files, and an action its targets in their staging folder;
        # they are left out before they cost anything.
        if type(path) is str and path.startswith(self._libraries):
            return
        if type(path) is str and not self.hears_staged and is_staged(path):
            return
        opened = self._watching.get(threading.get_ident())
        if opened is None:
            return
        if isinstance(path, str | bytes | os.PathLike):
            full = os.fsdecode(path)
            if not os.path.isabs(full):
                try:
                    full = os.path.join(os.getcwd(), full)
                except FileNotFoundError:  # the folder is gone, with all that was in it
                    return
            (opened.written if (flags or 0) & WRITES else opened.read)[full] = None

    def tell(self, line: str) -> None:
        """Say a line to the person, the first time."""
        if self._say is not None and line not in self._told:
            self._told.add(line)
            self._say(line)

    def undeclared(self, opened: Opened, declared: Collection[str]) -> Iterator[str]:
        """Yield what to say of the files of the project that were opened and are not declared.

        Left out: what lies below a declared folder, code that is followed, datamake's own files,
        what lies in hidden folders, and what was written and is gone again.
        """
        if not (opened.read or opened.written):
            return
        without = CODE if opened.is_followed else COMPILED
        paths = (self.in_project(path, without) for path in opened.written)
        written = {path for path in paths if path is not None}
        read = dict.fromkeys(self.in_project(path, without) for path in opened.read)
        made = sorted(p for p in written if not is_covered(p, declared) and os.path.exists(p))
        seen = [
            path
            for path in read
            if path is not None and path not in written and not is_covered(path, declared)
        ]
        yield from self._said("wrote", made)
        yield from self._said("read", [path for path in seen if os.path.isfile(path)])

    def _said(self, did: str, paths: list[str]) -> Iterator[str]:
        """Yield a line for each file, or one for all that lie in a folder if they are many."""
        if not paths:
            return
        makers = self._makers()
        groups: dict[tuple[str, str | None], list[str]] = {}
        for path in paths:
            groups.setdefault((os.path.dirname(path), maker(path, makers)), []).append(path)
        for (folder, made_by), group in groups.items():
            undeclared = f"which it does not declare{f' and {made_by} makes' if made_by else ''}"
            many = [f"{len(group)} files in {folder or os.curdir}"]
            for what in group if len(group) <= MOST_OF_A_FOLDER else many:
                yield f"{did} {what}, {undeclared}"

    def in_project(self, full: str, without: tuple[str, ...] = CODE) -> str | None:
        """Return the canonical path of a file that stages should declare, None of any other.

        Names that end as one of `without` are those of others.
        """
        path = canonical(full, self._root)
        if path.startswith((os.sep, ".")) or path.endswith(without):
            return None
        if HIDDEN in path:  # datamake's own are hidden too
            return None
        return None if os.path.join(self._root, path).startswith(ENVIRONMENT) else path


def is_staged(path: str) -> bool:
    """Whether a path surely leads into a staging folder, as those do that actions are handed."""
    return (STAGED in path or path.startswith(STAGED[1:])) and os.pardir not in path


class _Watching:
    def __init__(self, watching: dict[int, Opened], opened: Opened) -> None:
        self._watching = watching
        self._opened = opened

    def __enter__(self) -> Opened:
        self._watching[threading.get_ident()] = self._opened
        return self._opened

    def __exit__(self, *_: object) -> None:
        del self._watching[threading.get_ident()]


@functools.cache
def _elsewhere(root: str) -> Audit:
    """Return the audit that watches in another process for one that judges what it saw."""
    return Audit(root, dict)


def is_covered(path: str, declared: Collection[str]) -> bool:
    """Whether a canonical path, or a folder above it, is declared."""
    while path:
        if path in declared:
            return True
        path = os.path.dirname(path)
    return False
