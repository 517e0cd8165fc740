"""A display at the bottom of the terminal of what is running; what was built scrolls above it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from datamake.forecast import Expected
from datamake.show import events
from datamake.show.above import Above, Passing
from datamake.show.lines import Lines
from datamake.show.listener import Listener
from datamake.show.screen import Screen
from datamake.show.standing import Standing
from datamake.show.stream import is_screen

# A run that is over before that shows no display.
PATIENCE_SECONDS = 0.3
REFRESH_SECONDS = 0.25

# Held while a thread imports rich, and while one draws: a process that was forked meanwhile would
# have half of it, and wait for ever for a lock whose holder it has not.
_importing = threading.Lock()
_drawing = threading.RLock()
for _lock in (_importing, _drawing):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


class Live(Listener):
    """Shows a run on the terminal that a stream writes to; `command` builds a stage again."""

    wants_progress = True

    def __init__(self, out: Any, command: str) -> None:
        self._screen = Screen(out, _drawing)
        self._standing = Standing()
        self._report = Above(self._screen)
        self._passing = {
            name: Passing(getattr(sys, name), self._screen)
            for name in ("stdout", "stderr")
            if is_screen(getattr(sys, name))
        }
        stdout, stderr = (self._passing.get(n, getattr(sys, n)) for n in ("stdout", "stderr"))
        self._lines = Lines(self._report, command, (stdout, stderr))
        self._frame: Any = None
        self._process = os.getpid()
        self._on_suspend: Any = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def expect(self, expected: Expected) -> None:
        """Hear how long the stages of the run will take."""
        self._standing.expect(expected)

    def hear(self, event: events.Event) -> None:
        """Show an event, above what is running."""
        with _drawing:
            if isinstance(event, events.RunBegun):
                self._begin()
            elif isinstance(event, events.RunEnded):
                self._end()
            self._standing.hear(event)
            if self._has_terminal:
                self._screen.clear()
            if not isinstance(event, events.Waiting):  # it is among those that are running
                self._lines.hear(event)
            self._report.flush()

    def close(self) -> None:
        """Take the display away, and give the terminal back."""
        self._end()
        if self._thread is not None:
            self._thread.join()

    def _end(self) -> None:
        with _drawing:
            self._over.set()
            for name, passing in self._passing.items():
                if getattr(sys, name) is passing:
                    setattr(sys, name, passing.stream)
                passing.end()
            self._screen.clear()
            if self._on_suspend is not None:
                signal.signal(signal.SIGTSTP, self._on_suspend)
                self._on_suspend = None

    def _begin(self) -> None:
        """Have all that is written to the terminal go above the display, and start drawing it."""
        for name, passing in self._passing.items():
            passing.stream.flush()
            setattr(sys, name, passing)
        if threading.current_thread() is threading.main_thread():
            self._on_suspend = signal.signal(signal.SIGTSTP, self._suspend)
        self._thread = threading.Thread(target=self._refresh, daemon=True)
        self._thread.start()

    @property
    def _has_terminal(self) -> bool:
        """Whether a stage has the terminal to itself."""
        return any(running.has_terminal for running in self._standing.running.values())

    def _refresh(self) -> None:
        if self._over.wait(PATIENCE_SECONDS):
            return
        with _importing:
            from datamake.show.frame import Frame
        self._frame = Frame(self._standing, self._screen.encoding)
        while not self._over.is_set():
            with _drawing:
                self._draw()
            self._over.wait(REFRESH_SECONDS)

    def _draw(self) -> None:
        if self._over.is_set() or self._has_terminal or not self._screen.is_ours:
            return
        unfinished = next((each.rest for each in self._passing.values() if each.rest), "")
        self._screen.draw(self._frame.lines(self._screen.size(), unfinished))

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        """Leave the terminal to the shell, which Ctrl-Z asks for, until this goes on."""
        if os.getpid() == self._process:
            with _drawing:
                self._screen.clear()
                os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)
