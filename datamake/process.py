"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import os
import socket

from msgspec import Struct


class Process(Struct, frozen=True):
    """A process that can be told from a later one with the same number.

    `started` is the start time in clock ticks since boot (field 22 of /proc/PID/stat, see
    proc(5)), or "" where the system does not tell.
    """

    pid: int
    host: str
    started: str

    @classmethod
    def current(cls) -> Process:
        """Return this process."""
        return cls(os.getpid(), socket.gethostname(), _start_time(os.getpid()))

    @property
    def alive(self) -> bool:
        """Whether the process is still there; one on another host is taken to be alive."""
        if self.host != socket.gethostname():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # It exists, and belongs to somebody else, of whom /proc may be told to say nothing.
            return _start_time(self.pid) in (self.started, "")
        return _start_time(self.pid) == self.started


def _start_time(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            text = stat.read().decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The second field is the command's name in brackets, and may hold spaces and brackets.
    fields = text.rpartition(")")[2].split()
    zombie = fields[0] == "Z"
    return "" if zombie else fields[19]
