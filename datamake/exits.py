"""How an action may end a process: by os._exit(), and by the end of what it has forked."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import AbstractContextManager

from datamake.interruption import LeftByExit


def exits_caught() -> AbstractContextManager[None]:
    """Raise LeftByExit where an action calls os._exit() in this process.

    A child that it forked ends as it says.
    """
    return _ExitsCaught()


class _ExitsCaught:
    def __enter__(self) -> None:
        self._leave, self._own = os._exit, os.getpid()
        os._exit = self._caught  # type: ignore[assignment]

    def _caught(self, code: int) -> None:
        if os.getpid() != self._own:
            self._leave(code)
        raise LeftByExit(f"the action called os._exit({code!r})")

    def __exit__(self, *_: object) -> None:
        os._exit = self._leave


def forks_ended() -> AbstractContextManager[None]:
    """End a process that an action forked in the block where that leaves it, as a script would end.

    It would go on as a second one of the process that runs the action, with all that this has open.
    """
    return _ForksEnded()


class _ForksEnded:
    def __enter__(self) -> None:
        self._own = os.getpid()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if os.getpid() == self._own:
            return
        code = 1
        try:
            code = _told(error)
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        finally:
            os._exit(code)


def _told(error: BaseException | None) -> int:
    """Say what left a process, as Python does; return the status that it ends with."""
    if error is None:
        return 0
    if isinstance(error, SystemExit) and isinstance(error.code, int | None):
        return (error.code or 0) & 0xFF
    said = (
        [f"{error.code}\n"] if isinstance(error, SystemExit) else traceback.format_exception(error)
    )
    # What this process has for sys.stderr may hold what is written for the one that forked it.
    os.write(2, "".join(said).encode(errors="backslashreplace"))
    return 1
