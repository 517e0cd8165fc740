"""A check of very many items, shared among processes that are forked for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

# To fork and to collect takes some milliseconds; below this nothing is won.
FEWEST = 20_000

MOST_PROCESSES = 8


def check_all(is_so: Callable[[Item], bool], items: Sequence[Item]) -> list[bool]:
    """Return for each item whether it is so. The check must leave no trace in this process.

    It works on what is in memory: nothing is handed over but the answers. What a process that
    was forked for it does not answer, this one finds out itself.
    """
    # A process that is forked from one with threads may find a lock held for ever.
    most = MOST_PROCESSES if threading.active_count() == 1 else 1
    processes = min(usable_cores(), most, 1 + len(items) // FEWEST)
    size = -(-len(items) // processes) or 1
    own, *others = [items[at : at + size] for at in range(0, len(items), size)] or [items]
    forked = [_forked(is_so, part) for part in others]
    answers = [is_so(item) for item in own]
    for child, part in zip(forked, others, strict=True):
        flags = b"" if child is None else _told(*child)
        if len(flags) == len(part):
            answers.extend(flag == 1 for flag in flags)
        else:
            answers.extend(is_so(item) for item in part)
    return answers


def _told(pid: int, pipe: int) -> bytes:
    with open(pipe, "rb") as told:
        flags = told.read()
    os.waitpid(pid, 0)
    return flags


def _forked(is_so: Callable[[Item], bool], part: Sequence[Item]) -> tuple[int, int] | None:
    """Return a process that checks a part of the items, and where it writes its answers.

    None where no process is to be had.
    """
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if pid:
        os.close(writing)
        return pid, reading
    try:
        with open(writing, "wb") as told:
            told.write(bytes(is_so(item) for item in part))
    finally:
        os._exit(0)  # what this process has inherited is not its own to clear up


def usable_cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
