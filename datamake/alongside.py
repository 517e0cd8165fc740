"""Runs actions in a thread beside those of other stages, in one process that they share."""

from __future__ import annotations

import copy
import ctypes
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doit.action import BaseAction
from doit.exceptions import BaseFail
from doit.task import Stream

from datamake.acting import Acted, Acting, Work
from datamake.call import Call
from datamake.interruption import TookTooLong
from datamake.routed import Routed
from datamake.shell import Command
from datamake.show.words import duration
from datamake.voice import Spoken, speaking


def act_alongside(work: Work) -> Acted:
    """Run the actions that are the work of an attempt, beside those of other attempts.

    What belongs to the process (environment, handlers of signals) is left alone.
    """
    with speaking(work.task, work.stream):
        return ActingAlongside(work).run()


class ActingAlongside(Acting):
    """The actions of one attempt, run in one thread of several."""

    def run(self) -> Acted:
        """Run the actions; what they would have written to the terminal at once is held back."""
        out, err = io.StringIO(), io.StringIO()
        self.work.stream = _Held(self.work.stream, out, err)
        with Routed.to(out, err):
            acted = super().run()
        acted.shown = out.getvalue(), err.getvalue()
        return acted

    def staged(self) -> list[BaseAction]:
        """Return the staged actions, as they can run beside others."""
        actions = super().staged()
        for action in actions:
            if type(action) is Call:
                action.__class__ = _Alongside
            elif isinstance(action, Command):
                action.mark = self.work.token
        return actions

    def execute(self) -> BaseFail | None:
        """Run the task's actions: watched, within their time, and logged."""
        with self.watched(), _limited(self.work.policy.timeout), self.captured() as stream:
            failure: BaseFail | None = self.work.task.execute(stream)
        return failure

    def behind(self, *, built: bool) -> None:
        """End what failed commands started, and leave the folder that the actions changed to."""
        if not built:
            self.end_children(None)
        os.chdir(self.work.root)


class _Held(Stream):
    """doit's stream, which hands out texts in the place of the terminal."""

    def __init__(self, stream: Stream, out: io.StringIO, err: io.StringIO) -> None:
        super().__init__(stream.verbosity, stream.force_global)
        self._out, self._err, self._stream = out, err, stream

    def _get_out_err(self, verbosity: int) -> tuple[Any, Any]:
        out, err = self._stream._get_out_err(verbosity)
        # What is said under the stage's name is mixed with nothing.
        return (
            out if isinstance(out, Spoken) else out and self._out,
            err if isinstance(err, Spoken) else err and self._err,
        )


class _Alongside(Call):
    """A Python action whose output is taken from its thread, and not by replacing sys.stdout."""

    task: Any

    def execute(self, out: Any = None, err: Any = None) -> BaseFail | None:
        """Run the function, as doit does."""
        if not self.task.io.capture:
            return super().execute()
        captured = io.StringIO(), io.StringIO()
        task, self.task = self.task, copy.copy(self.task)
        self.task.io = copy.copy(task.io)
        self.task.io.capture = False
        try:
            with Routed.to(_both(captured[0], out), _both(captured[1], err)):
                return super().execute()
        finally:
            self.task = task
            self.out, self.err = (text.getvalue() for text in captured)


class _Both(io.TextIOBase):
    def __init__(self, *streams: Any) -> None:
        self._streams = streams

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
        return len(text)


def _both(captured: io.StringIO, shown: Any) -> Any:
    return captured if shown is None else _Both(captured, shown)


@contextmanager
def _limited(seconds: float | None) -> Iterator[None]:
    """Raise TookTooLong in the block once it has taken so many seconds.

    A thread that waits in C hears it when that is over.
    """
    if seconds is None:
        yield
        return
    words = f"it took longer than its time limit of {duration(seconds)}"
    ident, rung, over = threading.get_ident(), threading.Event(), threading.Event()
    lock = threading.Lock()

    def ring() -> None:
        with lock:
            if not over.is_set():
                rung.set()
                raised_in(ident, TookTooLong)

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    except TookTooLong:
        raise TookTooLong(words) from None
    finally:
        with lock:
            over.set()
            raised_in(ident, None)
        timer.cancel()
    if rung.is_set():
        raise TookTooLong(words)


def raised_in(thread: int | None, kind: type[BaseException] | None) -> None:
    """Raise an exception where a thread is in its Python code; None takes back one to come."""
    if thread is not None:
        what = ctypes.py_object() if kind is None else ctypes.py_object(kind)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
