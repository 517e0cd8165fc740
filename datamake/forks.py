"""What processes find out that are forked for it: of very many items, or what may end them."""

from __future__ import annotations

import functools
import os
import resource
import signal
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from datamake.interruption import undivided

Item = TypeVar("Item")

# To fork and to collect takes some milliseconds; below this nothing is won.
FEWEST = 20_000

MOST_PROCESSES = 8


def check_all(is_so: Callable[[Item], bool], items: Sequence[Item]) -> list[bool]:
    """Return for each item whether it is so, as `gather` does."""
    return [*map(bool, gather(lambda part: bytes(map(is_so, part)), items, 1))]


def gather(look: Callable[[Sequence[Item]], bytes], items: Sequence[Item], size: int) -> bytes:
    """Return what a look at items says, in `size` bytes for each. It must leave no trace here.

    It works on what is in memory: nothing is handed over but what it says. What a process that
    was forked for it does not say, this one finds out itself.
    """
    # A process that is forked from one with threads may find a lock held for ever.
    most = MOST_PROCESSES if threading.active_count() == 1 else 1
    processes = min(usable_cores(), most, 1 + len(items) // FEWEST)
    count = -(-len(items) // processes) or 1
    own, *others = [items[at : at + count] for at in range(0, len(items), count)] or [items]
    forked = [_forked(functools.partial(look, part)) for part in others]
    said = [look(own)]
    for child, part in zip(forked, others, strict=True):
        told = b"" if child is None else _told(*child)
        said.append(told if len(told) == size * len(part) else look(part))
    return b"".join(said)


def said_apart(say: Callable[[], bytes]) -> bytes:
    """Return what a process says that is forked for it; nothing where it fails.

    It must take no lock that a thread of this process may hold.
    """
    child: tuple[int, int] | None = None
    try:
        # A signal that comes meanwhile is raised behind this.
        with undivided():
            child = _forked(say)
        return b"" if child is None else _told(*child)
    except BaseException:
        if child is not None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(child[0], signal.SIGKILL)
                os.waitpid(child[0], 0)
        raise


def _told(pid: int, pipe: int) -> bytes:
    with open(pipe, "rb") as told:
        said = told.read()
    os.waitpid(pid, 0)
    return said


def _forked(say: Callable[[], bytes]) -> tuple[int, int] | None:
    """Return a process and where it writes what it says; None where no process is to be had."""
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings():
            # Python warns of a fork beside threads.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if pid:
        os.close(writing)
        return pid, reading
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # how it ends is nothing to look into
        with open(writing, "wb") as told:
            told.write(say())
    finally:
        os._exit(0)  # what this process has inherited is not its own to clear up


def usable_cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
