"""Hears what commands open, with all that they start: by strace, which writes down their calls."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from doit.action import BaseAction, CmdAction

from datamake.audit import Audit, Opened
from datamake.policy import Policy

# `?` leaves out what a machine's kernel does not have. What is executed counts as read.
READS = ("execve", "execveat")
OPENS = ("open", "openat", "openat2", "creat")
PUTS = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate")
MOVES = ("chdir", "fchdir")
CALLS = ",".join(f"?{call}" for call in (*READS, *OPENS, *PUTS, *MOVES))

# -D: the command stays a child of its caller, so its status and the signals to it are its own.
# -y: numbers of open files, and "here", are shown with their paths.
ALWAYS = ("-D", "-f", "-y", "-q", "-e", "signal=none", "-e", f"trace={CALLS}")
FASTER = "--seccomp-bpf"  # stops a command at these calls only; since strace 5.3
PROBE_STATUS = 7
PROBE_SECONDS = 10.0

# None of these goes back over what it has taken: traces are long.
QUOTED = rb'"((?:[^"\\]++|\\.)*+)"'
SHOWN = rb"<((?:[^>\\]++|\\.)*+)>"
ARGUMENTS = rb'((?:"(?:[^"\\]++|\\.)*+"|<(?:[^>\\]++|\\.)*+>|[^"<)]++)*+)'
CALL = re.compile(rb"(\d+) +(\w+)\(" + ARGUMENTS + rb"\) += (\d+)(?:" + SHOWN + rb")?")
RESUMED = re.compile(rb"(\d+) +<\.\.\. \w+ resumed>(.*)", re.DOTALL)
UNFINISHED = b" <unfinished ...>"
PATH = re.compile(rb"(?:(?:AT_FDCWD|\d+)(?:" + SHOWN + rb")?, )?" + QUOTED)
HERE = re.compile(rb"AT_FDCWD" + SHOWN)
OPEN_FILE = re.compile(rb"\d+" + SHOWN)
WRITES = re.compile(rb"\bO_(?:WRONLY|RDWR|CREAT)\b")
NO_CONTENT = re.compile(rb"\bO_(?:PATH|TMPFILE|DIRECTORY)\b")


@functools.cache
def unavailable() -> str | None:
    """Return why commands can't be traced here, and what to do about it; None if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed (`apt install strace`, or the like; there is one for Linux)"
    problem = problem_with(_options())
    if problem is None:
        return None
    allow = "a container needs `--cap-add=SYS_PTRACE`"
    return f"strace may not trace here ({problem}; {allow})"


def refusal(policy: Policy, actions: Iterable[BaseAction], audit: Audit) -> str | None:
    """Return why a stage may not be built, since its commands must be audited and can't be.

    Where they only should be, this is told, once for an audit.
    """
    if policy.audit_commands == "off" or not any(map(is_traceable, actions)):
        return None
    why = unavailable()
    if why is not None and policy.audit_commands == "error":
        return f"its commands can't be audited: {why}"
    if why is not None:
        audit.tell(f"commands are not audited: {why}")
    return None


def is_traceable(action: BaseAction) -> bool:
    """Whether an action is a command. Subclasses have their own way of running."""
    return type(action) is CmdAction


class Tracer:
    """Has commands traced, and adds to `opened` what they open.

    What strace writes goes to files without a name in `folder`, so that none is ever left. It is
    also written to `copy`.
    """

    def __init__(self, opened: Opened, folder: str, copy: IO[bytes] | None = None) -> None:
        self._opened = opened
        self._folder = folder
        self._copy = copy

    @contextmanager
    def hearing(self, started_in: str) -> Iterator[list[str]]:
        """Yield the words to be put before a command that is started in a folder in the block."""
        with tempfile.TemporaryFile(dir=self._folder) as written:
            # The command must not inherit the file, so strace opens it as this process's.
            name = f"/proc/{os.getpid()}/fd/{written.fileno()}"
            yield [_strace(), *_options(), "-o", name, "--"]
            if self._copy is not None:
                shutil.copyfileobj(written, self._copy)
                written.seek(0)
            opened_in(written, started_in, self._opened)


def opened_in(lines: Iterable[bytes], started_in: str, opened: Opened) -> None:
    """Add what strace's lines say was opened; `started_in` is where the command was started."""
    reading = _Reading(started_in, opened)
    for line in lines:
        reading.hear(line)
    reading.end()


class _Reading:
    def __init__(self, started_in: str, opened: Opened) -> None:
        self._started_in = started_in
        self._opened = opened
        self._unfinished: dict[bytes, bytes] = {}
        self._folders: dict[bytes, str] = {}
        self._waiting: dict[bytes, list[tuple[dict[str, None], str]]] = {}

    def hear(self, line: bytes) -> None:
        """Take a line; one that is cut short by another process's waits for its other part."""
        line = line.rstrip(b"\n")
        resumed = RESUMED.match(line)
        if resumed is not None:
            line = self._unfinished.pop(resumed[1], b"") + resumed[2]
        elif line.endswith(UNFINISHED):
            self._unfinished[line.split(maxsplit=1)[0]] = line.removesuffix(UNFINISHED)
            return
        called = CALL.match(line)
        if called is not None:  # and not failed
            process, name, arguments, _, result = called.groups()
            self._note_folder(process, arguments)
            self._call(process, name.decode(), arguments, result)

    def _call(self, process: bytes, name: str, arguments: bytes, result: bytes | None) -> None:
        if name == "fchdir":
            found = OPEN_FILE.match(arguments)
            self._folders[process] = self._started_in if found is None else _text(found[1])
            return
        paths = list(PATH.finditer(arguments)) if name in PUTS else [PATH.search(arguments)]
        path = paths[-1] if paths else None
        if path is None:
            return
        spelled = os.path.join(_text(path[1] or b""), _text(path[2]))
        if name == "chdir":
            here = self._folders.get(process, self._started_in)
            self._folders[process] = os.path.join(here, spelled)
            return
        flags = arguments[path.end() :]
        if name in OPENS and NO_CONTENT.search(flags):
            return
        writes = name in PUTS or name == "creat" or (name in OPENS and WRITES.search(flags))
        if result is not None and not os.path.isabs(spelled) and process not in self._folders:
            spelled = _text(result)
        self._add(process, self._opened.written if writes else self._opened.read, spelled)

    def _add(self, process: bytes, to: dict[str, None], path: str) -> None:
        """Add a path, once it is known where the process is: most say so soon after their start."""
        folder = self._folders.get(process)
        if folder is None and not os.path.isabs(path):
            self._waiting.setdefault(process, []).append((to, path))
        else:
            to[os.path.join(folder or "", path)] = None

    def _note_folder(self, process: bytes, arguments: bytes) -> None:
        here = HERE.match(arguments)
        if here is not None:
            self._folders[process] = _text(here[1])
            self._add_waiting(process)

    def _add_waiting(self, process: bytes) -> None:
        for to, path in self._waiting.pop(process, ()):
            to[os.path.join(self._folders.get(process, self._started_in), path)] = None

    def end(self) -> None:
        """Add what is still waiting for a folder."""
        for process in list(self._waiting):
            self._add_waiting(process)


def _text(shown: bytes) -> str:
    """Return a path that strace shows with the escapes of C."""
    if b"\\" in shown:
        shown = shown.decode("unicode_escape").encode("latin-1")
    return os.fsdecode(shown)


@functools.cache
def _strace() -> str:
    """Return strace's full path: a command may have a PATH of its own, without it."""
    return os.path.abspath(shutil.which("strace") or "strace")


@functools.cache
def _options() -> tuple[str, ...]:
    return (FASTER, *ALWAYS) if problem_with((FASTER, *ALWAYS)) is None else ALWAYS


@functools.cache
def problem_with(options: tuple[str, ...]) -> str | None:
    """Return why a command can't be traced with these options, None if it can."""
    with tempfile.TemporaryFile() as written:
        name = f"/proc/{os.getpid()}/fd/{written.fileno()}"
        command = [_strace(), *options, "-o", name, "--", "/bin/sh", "-c", f"exit {PROBE_STATUS}"]
        try:
            ran = subprocess.run(
                command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if ran.returncode == PROBE_STATUS and any(CALL.match(line) for line in written):
            return None
    said = ran.stderr.strip().partition("\n")[0].removeprefix(f"{_strace()}: ")
    return said or f"it ended with {ran.returncode}"
