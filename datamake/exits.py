"""Has an action that calls os._exit() end by itself, and not the whole run."""

from __future__ import annotations

import os
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
