"""The processes that an attempt started, and theirs: none of them outlives it.

They are known by a variable of their environment, which children inherit, wherever they went.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def end_children(token: str) -> int:
    """End every process that an attempt left, first politely; return how many there were."""
    children = _living(token)
    for number, patience in ((signal.SIGTERM, TERMINATE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        for child in _living(token):
            with suppress(ProcessLookupError):
                os.kill(child, number)
        deadline = time.monotonic() + patience
        while _living(token) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    return len(children)


def _living(token: str) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.environ().get(MARK) != token:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found
