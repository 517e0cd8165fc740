"""A process that was forked to run calls, as the one that forked it sees it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import warnings
from concurrent.futures import Future
from multiprocessing.connection import Connection, Pipe
from typing import Any

from datamake.parcel import Memory
from datamake.shell import descendants
from datamake.worker import Channel, serve

# The status of a worker that clears up before it ends, as a signal says.
TOLD_TO_END = 128 + signal.SIGTERM

KILLED_HINT = " (perhaps memory ran out)"


class Worker:
    """A process that runs one call after the other; `future` is that of the present one."""

    def __init__(self, memory: Memory, others: list[Connection]) -> None:
        self.channel, far = Pipe()
        self.future: Future[Any] | None = None
        context = multiprocessing.get_context("fork")
        channel = Channel(far, (*others, self.channel), os.getpid())
        self.process = context.Process(target=serve, args=(channel, memory))
        with warnings.catch_warnings():
            # Python warns of a fork beside threads: the heartbeat's has nothing that a worker uses.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        far.close()
        self._pid: int = self.process.pid or 0
        self.pidfd = _opened(self._pid)

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return not self.has_ended(0.0)

    def has_ended(self, seconds: float) -> bool:
        """Whether the process has ended, or does so within some seconds."""
        if self.pidfd is None:
            self.process.join(seconds)
            return self.process.exitcode is not None
        ended = select.poll()
        ended.register(self.pidfd, select.POLLIN)
        return bool(ended.poll(seconds * 1000))

    @property
    def ends(self) -> list[int]:
        """What can be read when there is an answer, or the process has ended.

        Its children may hold its end of the pipe, so that the pipe's end is none of its own.
        """
        channel = self.channel.fileno()
        return [channel] if self.pidfd is None else [channel, self.pidfd]

    def send(self, parcel: bytes, future: Future[Any]) -> None:
        """Have the process run a call. One that has just died is found out by who listens."""
        self.future = future
        with contextlib.suppress(OSError):
            self.channel.send_bytes(parcel)

    def answer(self, *, ended: bool) -> bytes | None:
        """Return what it answered, None if nothing; `ended` says that the process has ended."""
        try:
            if ended and not self.channel.poll():
                return None
            return self.channel.recv_bytes()
        except (EOFError, OSError):
            return None

    def send_signal(self, number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def kill_descendants(self) -> None:
        """Kill what the process has started: nobody would end it when that is killed."""
        for pid in descendants(self._pid) if self.is_alive else ():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def how_it_ended(self) -> str:
        """Return in words how the process ended, which is waited for."""
        self.process.join()
        code = self.process.exitcode
        number = signal.SIGTERM if code == TOLD_TO_END else -(code or 0)
        if number > 0:
            hint = KILLED_HINT if number == signal.SIGKILL else ""
            return f"the process that ran it was killed by {_name(number)}{hint}"
        return f"the process that ran it ended with status {code}"

    def close(self) -> None:
        """Let go of what this process holds of an ended worker."""
        self.process.join()
        self.channel.close()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None


def _opened(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # no such system, or it may not be done here
        return None


def _name(number: int) -> str:
    # Of those between the first and the last real-time signal none has a name.
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
