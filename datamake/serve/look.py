"""Has a snapshot taken by a process of its own, which ends in time or is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress

import msgspec

from datamake.redaction import redact
from datamake.serve.options import TOKEN_VARIABLE, Options
from datamake.serve.snapshot import Snapshot, from_bytes

MOST_SECONDS = 600.0
MOST_BYTES = 512 << 20
MOST_MESSAGE = 4_000
ENTRY = "from datamake.serve.snapshot_program import main; main()"


class LookError(Exception):
    """The project can't be judged; the text says why, as `doit` would."""


class Looker:
    """Takes snapshots of a project, one at a time; `stop` ends one that is being taken."""

    def __init__(self, options: Options, most_seconds: float = MOST_SECONDS) -> None:
        self._options = options
        self._most_seconds = most_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def take(self) -> Snapshot:
        """Return how the project stands now. Raises LookError."""
        with tempfile.TemporaryFile() as content, tempfile.TemporaryFile() as said:
            # A dodo.py may print what it likes, so the snapshot has a file of its own.
            process = self._start(content.fileno(), said.fileno())
            try:
                code = process.wait(self._most_seconds)
            except subprocess.TimeoutExpired as error:
                raise LookError(
                    f"the tasks were not judged within {self._most_seconds:g} s"
                ) from error
            finally:
                self._end(process)
            if code != 0:
                raise LookError(_message(said.fileno(), code))
            size = content.seek(0, os.SEEK_END)
            if size > MOST_BYTES:
                raise LookError(f"the tasks take {size:,} bytes, which is too much for a page")
            content.seek(0)
            try:
                return from_bytes(content.read())
            except (msgspec.DecodeError, ValueError) as error:
                raise LookError(f"the dodo.py ended doit before it was judged ({error})") from error

    def stop(self) -> None:
        """End what is being taken; nothing is taken any more."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            self._end(process)

    def _start(self, content: int, said: int) -> subprocess.Popen[bytes]:
        # The code of the project needs no token.
        environment = {k: v for k, v in os.environ.items() if k != TOKEN_VARIABLE}
        command = [sys.executable, "-P", "-c", ENTRY, f"--descriptor={content}"]
        with self._lock:
            if self._stopped:
                raise LookError("the server ends")
            self._process = subprocess.Popen(
                [*command, *self._options.variables],
                cwd=self._options.project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=(content,),
                start_new_session=True,
            )
            return self._process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process with all that it started, if that is left."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self._lock:
            if self._process is process:
                self._process = None


def _message(said: int, code: int) -> str:
    """Return the end of what doit said, without the values of secrets."""
    size = os.fstat(said).st_size
    text = os.pread(said, MOST_MESSAGE, max(0, size - MOST_MESSAGE)).decode("utf-8", "replace")
    text = redact(text.strip().removeprefix("ERROR: "))
    return text or f"doit ended with exit code {code} and said nothing"
