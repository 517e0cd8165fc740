"""What an attempt's actions write, on its way into the attempt's log as it comes."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from doit.action import BaseAction
from doit.task import Stream, Task

from datamake.direct import Direct, watch
from datamake.log_file import LogFile
from datamake.log_text import ERR, OUT
from datamake.logs import LogPlace
from datamake.outputs import Outputs
from datamake.redaction import Redactor, Secrets
from datamake.show.stream import Lasting
from datamake.side import Side
from datamake.voice import named, speaker

NOWHERE = LogPlace("", 0, 0)


def captured(
    place: LogPlace | None,
    task: Task,
    stream: Stream,
    notes: list[str],
    outputs: Outputs | None = None,
) -> AbstractContextManager[Stream]:
    """Log what a task's actions write in the block to the stream that this yields.

    What is written past Python is logged too in a worker, whose standard outputs are files, and
    where files are put in the place of the process's `outputs`; it is shown at once where
    nothing else shows it. What a person has to know of the log is added to `notes`.
    """
    if place is None and outputs is None:
        return nullcontext(stream)
    capture = Capture(place or NOWHERE, task.actions, outputs)
    if outputs is not None or named(task, stream):
        capture.show_past_python(*_shown_past_python(task, stream))
    return _Captured(capture, _Logged(stream, capture) if task.io.capture else stream, notes)


class _Captured:
    def __init__(self, capture: Capture, stream: Stream, notes: list[str]) -> None:
        self._capture = capture
        self._stream = stream
        self._notes = notes

    def __enter__(self) -> Stream:
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._capture.close()
        if self._capture.problem:
            self._notes.append(f"its log could not be written to the end: {self._capture.problem}")


def _shown_past_python(task: Task, stream: Stream) -> tuple[Any, Any]:
    """Return streams for what a task writes past Python, which doit lets through."""
    heard = speaker()
    if heard is not None and named(task, stream):
        return heard.stream("stdout"), heard.stream("stderr")
    return Lasting(sys.stdout), Lasting(sys.stderr)


def _variables(actions: list[BaseAction]) -> dict[str, str]:
    """Return what commands are given as variables of their own."""
    found: dict[Any, Any] = {}
    for action in actions:
        given = getattr(action, "pkwargs", {}).get("env")
        found.update(given if isinstance(given, Mapping) else {})
    with suppress(TypeError):  # what can't be an environment fails with the command
        return {os.fsdecode(name): os.fsdecode(value) for name, value in found.items()}
    return {}


class Capture:
    """Writes lines of an attempt's standard outputs to its log, from one process and its forks.

    Of a stage that prints nothing it does next to nothing.
    """

    def __init__(
        self, place: LogPlace, actions: list[BaseAction], outputs: Outputs | None = None
    ) -> None:
        self._log = LogFile(place)
        self._actions = actions
        # Not of this process alone are the outputs of the run itself: a terminal, a file of all.
        is_worker = outputs is None and os.getpid() != place.process
        directs: tuple[Direct | None, Direct | None] = (None, None)
        if is_worker:
            directs = Direct.of_worker()
        elif outputs is not None:
            directs = outputs.directs()
        out = Side(self._log, OUT, self._redactor, directs[0])
        err = Side(self._log, ERR, self._redactor, directs[1])
        self._sides = out, err
        has_files = directs[0] is not None
        out.together = err.together = self._sides if has_files else ()
        self._watch = watch(os.getpid()) if has_files else None
        if self._watch is not None:
            self._watch.over(self._look)

    def _look(self) -> None:
        """Log what came past Python since the last time."""
        with self._log.lock:
            for side in self._sides if self._watch is not None else ():
                side.drain()

    @functools.cached_property
    def _secrets(self) -> Secrets:
        return Secrets(_variables(self._actions))

    def _redactor(self) -> Redactor:
        return Redactor(self._secrets)

    @property
    def problem(self) -> str:
        """Why the log ends early, "" if it does not."""
        return self._log.problem

    def shown(self, out: Any, err: Any) -> tuple[Side, Side]:
        """Return streams that log and hand on to these, where there are any."""
        for side, stream in zip(self._sides, (out, err), strict=True):
            side.hand_on_to(stream)
        return self._sides[0], self._sides[1]

    def show_past_python(self, out: Any, err: Any) -> None:
        """Have what is written past Python shown on these streams, as it comes."""
        for side, stream in zip(self._sides, (out, err), strict=True):
            side.past_python = stream

    def close(self) -> None:
        """Log what is still held back."""
        if self._watch is not None:
            with self._log.lock:
                self._watch.over(None)
                self._watch = None
        for side in self._sides:
            side.end()
        self._log.close()


class _Logged(Stream):
    """doit's stream, with its outputs logged whether they are to be seen at once or not."""

    def __init__(self, stream: Stream, capture: Capture) -> None:
        super().__init__(stream.verbosity, stream.force_global)
        self._stream, self._capture = stream, capture

    def _get_out_err(self, verbosity: int) -> tuple[Any, Any]:
        return self._capture.shown(*self._stream._get_out_err(verbosity))
