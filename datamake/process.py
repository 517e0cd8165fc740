"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import fcntl
import functools
import os
import re
import socket

from msgspec import Struct

# Each process that holds leases keeps a file locked there, by its name (`presence`).
FOLDER = os.path.join(".datamake", "running")


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

    @classmethod
    def numbered(cls, pid: int) -> Process:
        """Return the process that has a number now, on this machine."""
        return _process(pid)

    @property
    def name(self) -> str:
        """A name for files that no other process of this boot of the machine has."""
        space = "".join(re.findall("[0-9]+", self.space))
        return f"{self.pid}-{self.started}-{space}"

    @property
    def alive(self) -> bool | None:
        """Whether the process is still there; None if that can't be seen from here.

        To be asked in the project's folder, where a process in a container shows itself.
        """
        here = socket.gethostname() == self.host
        if self.boot != boot_id():
            return False if here else None
        if not (self.boot or here):
            return None
        if self.space != _space():
            return is_shown(os.path.join(FOLDER, self.name))
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # It exists, and belongs to somebody else, of whom /proc may be told to say nothing.
            return _start_time(self.pid) in (self.started, "")
        return _start_time(self.pid) == self.started

    @property
    def is_of_an_earlier_boot(self) -> bool:
        """Whether it ran before this machine was started, or on another one."""
        return bool(self.boot and boot_id()) and self.boot != boot_id()


def is_shown(path: str) -> bool | None:
    """Whether the process lives that locks a file as long as it does; None if that can't be told.

    See fcntl(2): the kernel lets go of a lock when its holder is gone, however it ended.
    """
    try:
        with open(path, "rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


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
