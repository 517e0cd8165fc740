"""The processes that an attempt started, and theirs: none of them outlives it.

They are known by a variable of their environment, which children inherit, wherever they went.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

MARK = "DATAMAKE_ATTEMPT"
TERMINATE_SECONDS = 2.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.01


@contextmanager
def marked(token: str) -> Iterator[None]:
    """Mark what is started in the block as started by an attempt."""
    before = os.environ.get(MARK)
    os.environ[MARK] = token
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(MARK, None)  # an action may have done so itself
        else:
            os.environ[MARK] = before


def end_children(token: str) -> int:
    """End every process that an attempt left, first politely; return how many there were."""
    return end_all(partial(_marked_with, token))


def end_all(living: Callable[[], list[int]]) -> int:
    """End every process that `living` finds, first politely; return how many there were."""
    children = living()
    if not children:
        return 0
    for number, patience in ((signal.SIGTERM, TERMINATE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        for child in living():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, number)
                # One that is stopped (Ctrl-Z) hears it only when it goes on.
                os.kill(child, signal.SIGCONT)
        deadline = time.monotonic() + patience
        while living() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    return len(children)


def is_running(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has asked for its status yet has."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _marked_with(token: str) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.environ().get(MARK) != token:
                continue
            if is_running(process.pid):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found
