"""A server without a terminal: starting it, finding it, ending it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

import msgspec
from doit.exceptions import InvalidCommand
from msgspec import Struct

from datamake.process import Process
from datamake.serve.options import FOLDER, Options
from datamake.serve.places import addresses
from datamake.store_file import make_folder

START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
MOST_MESSAGE = 2_000
ENTRY = "from datamake.serve.background import main; main()"


class Registered(Struct, frozen=True):
    """A server of a project: which process, at which address, since when (in epoch seconds).

    `others` are further addresses, for who is on another machine.
    """

    process: Process
    address: str
    since: float
    others: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, that for this machine first."""
        return self.address, *self.others


def note_path(project: str) -> str:
    """Return the path of the note that says where a project is served."""
    return os.path.join(project, FOLDER, "serve.json")


def log_path(project: str) -> str:
    """Return the path of what a server in the background has to say."""
    return os.path.join(project, FOLDER, "serve.log")


def found(project: str) -> Registered | None:
    """Return the server of a project, None if there is none that lives, as far as can be seen."""
    try:
        with open(note_path(project), "rb") as file:
            registered = msgspec.json.decode(file.read(), type=Registered)
    except (OSError, msgspec.DecodeError):
        return None
    return None if registered.process.alive is False else registered


def register(project: str, addresses: Sequence[str]) -> bool:
    """Note that this process serves a project, unless another one does; whether that was done."""
    other = found(project)
    if other is not None and other.process != Process.current():
        return False
    make_folder(os.path.join(project, FOLDER))
    path = note_path(project)
    beside = f"{path}.{secrets.token_hex(4)}"
    address, *others = addresses
    note = Registered(Process.current(), address, time.time(), tuple(others))
    content = msgspec.json.encode(note)
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError:
        # A project that can't be written is served all the same, and found by nobody.
        with suppress(FileNotFoundError):
            os.unlink(beside)
        return False
    return True


def unregister(project: str) -> None:
    """Remove the note of this process."""
    one = found(project)
    if one is not None and one.process == Process.current():
        with suppress(FileNotFoundError):
            os.unlink(note_path(project))


# Starting --------------------------------------------------------------------------------


def start(options: Options) -> Registered:
    """Start a server in the background; return when it listens. Raises InvalidCommand."""
    folder = os.path.join(options.project, FOLDER)
    if not make_folder(folder):
        raise InvalidCommand(f"{folder} can't be written: `doit serve` without --background works")
    with _new_log(options.project) as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", ENTRY],
            cwd=options.project,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None
    # Not in its arguments, which everybody on the machine can read: there may be a token.
    with process.stdin:
        process.stdin.write(msgspec.json.encode(options))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        registered = found(options.project)
        if registered is not None and registered.process.pid == process.pid:
            return registered
        if process.poll() is not None:
            raise InvalidCommand(f"the page was not started: {_said(options.project)}")
        time.sleep(POLL_SECONDS)
    process.kill()
    process.wait()
    raise InvalidCommand(
        f"the page was not there after {START_SECONDS:g} s: {_said(options.project)}"
    )


def _new_log(project: str) -> IO[bytes]:
    """Return a new file for what the server says: the last one may be somebody else's."""
    path = log_path(project)
    with suppress(FileNotFoundError):
        os.unlink(path)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _said(project: str) -> str:
    with open(log_path(project), encoding="utf-8", errors="replace") as file:
        text = file.read()[-MOST_MESSAGE:].strip()
    return text.removeprefix("ERROR: ") or "it said nothing"


def main() -> None:
    """Serve in the background: `main` of the process that `start` starts."""
    from datamake.serve.server import serve

    options = msgspec.json.decode(sys.stdin.buffer.read(), type=Options)
    try:
        serve(options, lambda port: _listens(options, port))
    except InvalidCommand as error:
        sys.exit(f"ERROR: {error}")
    finally:
        unregister(options.project)


def _listens(options: Options, port: int) -> None:
    if not register(options.project, addresses(options, port)):
        sys.exit("ERROR: another server of this project was faster")


# Ending ----------------------------------------------------------------------------------


def stop(project: str) -> Registered | None:
    """End the server of a project; return which it was, None if there was none.

    Raises InvalidCommand where it can't be ended from here, or does not end.
    """
    one = found(project)
    if one is None:
        return None
    pid = one.process.pid
    # Whoever may write in the project could have named any process in the note.
    if os.stat(note_path(project)).st_uid != os.getuid():
        raise InvalidCommand(f"process {pid} belongs to somebody else, who may stop it")
    if one.process.alive is None:
        raise InvalidCommand(
            f"the page is served by process {pid} on {one.process.host}: stop it there"
        )
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return one
    deadline = time.monotonic() + STOP_SECONDS
    while one.process.alive is not False:
        if time.monotonic() > deadline:
            raise InvalidCommand(f"process {pid} does not end: `kill -9 {pid}` ends it")
        time.sleep(POLL_SECONDS)
    with suppress(FileNotFoundError):
        os.unlink(note_path(project))
    return one
