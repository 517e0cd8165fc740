"""Says a Ctrl-C that comes before anything has begun in one line, as a later one is said."""

from __future__ import annotations

import sys
from types import TracebackType


def say_interrupts() -> None:
    """Have this process show no traceback where it ends by a KeyboardInterrupt.

    It ends by SIGINT then, as Python has it, and as shells want to hear of it.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _say


def _say(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("stopped by SIGINT before anything was run\n")
    else:
        sys.__excepthook__(kind, error, traceback)
