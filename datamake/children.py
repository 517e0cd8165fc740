"""The processes that an attempt started, and theirs: none of them outlives it.

They are known by a variable of their environment, which children inherit, wherever they went;
those that got another environment by whom they descend from, as long as that can be seen.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK = "DATAMAKE_ATTEMPT"
TERMINATE_SECONDS = 2.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.01


class ForeignProcessError(Exception):
    """Processes that are to be ended belong to another user, who alone may end them."""

    def __init__(self, pids: list[int]) -> None:
        whose = ", ".join(f"process {pid} of {_owner(pid)}" for pid in pids)
        super().__init__(f"{whose} is still running and may not be ended from here")


def marked(token: str) -> AbstractContextManager[None]:
    """Mark what is started in the block as started by an attempt."""
    return _Marked(token)


class _Marked:
    def __init__(self, token: str) -> None:
        self._token = token

    def __enter__(self) -> None:
        self._before = _inherited()
        os.environ[MARK] = self._token

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            os.environ[MARK] = self._before
            return
        with suppress(KeyError):  # an action may have done so itself
            del os.environ[MARK]


@functools.cache
def _inherited() -> str | None:
    """Return the mark of the attempt that this process belongs to, outside of its own attempts."""
    return os.environ.get(MARK)


def end_children(token: str, older: Collection[int] | None = None) -> int:
    """End every process that an attempt left, first politely; return how many there were.

    For an attempt of this process, `older` are the children that it had before: then those that
    the attempt started with an environment of their own are found as well, as descendants.
    Raises ForeignProcessError for those that may not be ended.
    """
    younger = [] if older is None else _descendants(older)

    def living() -> list[int]:
        # Those whose parent ended first are nobody's descendants any more.
        still = (child.pid for child in younger if child.is_running() and is_running(child.pid))
        return list({*_marked_with(token), *still})

    # Most left none. One that starts another and ends during a look hides it from that look alone.
    count = len(living() or living())
    foreign = end_all(living) if count else []
    if foreign:
        raise ForeignProcessError(foreign)
    return count


def own_children() -> frozenset[int]:
    """Return the processes that this one has started and that have not ended, all of them."""
    if not _has_children():
        return frozenset()
    found: set[int] = set()
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                found.update(map(int, file.read().split()))
    except OSError:  # no such system, or a thread that has just ended
        import psutil

        found.update(child.pid for child in psutil.Process().children())
    return frozenset(found)


def _has_children() -> bool:
    """Whether there may be any: one call of the system, where a list of them takes many."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except AttributeError:  # no such call on this system
        return True
    return True


def end_all(living: Callable[[], list[int]]) -> list[int]:
    """End every process that `living` finds, first politely.

    Returns those that are still there because they are somebody else's.
    """
    foreign: set[int] = set()
    for number, patience in ((signal.SIGTERM, TERMINATE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        for child in living():
            try:
                os.kill(child, number)
                # One that is stopped (Ctrl-Z) hears it only when it goes on.
                os.kill(child, signal.SIGCONT)
            except ProcessLookupError:
                continue
            except PermissionError:
                foreign.add(child)
        deadline = time.monotonic() + patience
        while {*living()} - foreign and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    return sorted({*living()} & foreign)


def end_descendants() -> None:
    """End all that this process has started, and what that has started, first politely."""
    all_ = _descendants(())
    end_all(lambda: [child.pid for child in all_ if child.is_running() and is_running(child.pid)])


def is_running(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has asked for its status yet has."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _owner(pid: int) -> str:
    import psutil

    try:
        return str(psutil.Process(pid).username())
    except psutil.Error:
        return "another user"


def _descendants(older: Collection[int]) -> list[psutil.Process]:
    """Return the younger children of this process, and all that these have started."""
    import psutil

    found: list[psutil.Process] = []
    for pid in sorted(own_children().difference(older)):
        with suppress(psutil.Error):
            child = psutil.Process(pid)
            found.append(child)
            found.extend(child.children(recursive=True))
    return found


def _marked_with(token: str) -> list[int]:
    import psutil

    found = []
    for pid in psutil.pids():
        try:
            if pid != os.getpid() and _mark_of(pid) == token and is_running(pid):
                found.append(pid)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found


def _mark_of(pid: int) -> str | None:
    """Return the mark of a process. Raises OSError, or psutil's errors."""
    import psutil

    if not psutil.LINUX:
        return psutil.Process(pid).environ().get(MARK)
    # There may be very many processes, and psutil takes ten times as long for each.
    with open(f"/proc/{pid}/environ", "rb") as file:
        name, mark = f"{MARK}=".encode(), None
        for variable in file.read().split(b"\0"):
            if variable.startswith(name):
                mark = os.fsdecode(variable[len(name) :])
    return mark
