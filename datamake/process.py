"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import functools
import os
import socket

from msgspec import Struct


class Process(Struct, frozen=True):
    """A process that can be told from a later one with the same number.

    `started` is the start time in clock ticks since boot (field 22 of /proc/PID/stat, see
    proc(5)), `boot` names the present boot of the machine and `space` the process's own table of
    processes, which a container has; each is "" where the system does not tell.
    """

    pid: int
    host: str
    started: str
    boot: str = ""
    space: str = ""

    @classmethod
    def current(cls) -> Process:
        """Return this process."""
        return _process(os.getpid())

    @property
    def alive(self) -> bool | None:
        """Whether the process is still there; None if that can't be seen from here."""
        if self.host != socket.gethostname():
            return None
        if self.boot != boot_id():
            return False
        if self.space != _space():
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # It exists, and belongs to somebody else, of whom /proc may be told to say nothing.
            return _start_time(self.pid) in (self.started, "")
        return _start_time(self.pid) == self.started


@functools.cache
def _process(pid: int) -> Process:
    return Process(pid, socket.gethostname(), _start_time(pid), boot_id(), _space())


@functools.cache
def boot_id() -> str:
    """Return what names the present boot of this machine, "" where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


@functools.cache
def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


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
