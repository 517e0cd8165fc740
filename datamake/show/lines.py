"""The plain report: a line for each stage as it ends, a line that sums up, failures last."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from typing import Any

from datamake.outcome import Output
from datamake.show import events, words
from datamake.show.listener import Listener
from datamake.show.stream import Lasting

INDENT = " " * 9

# What a text of several lines is laid out with: a title that shows a task's actions, say.
LAYOUT = "\n\t"

# Of what a failed stage printed, so many last lines are shown.
MOST_PRINTED = 100

# Of the places that an exception passed, so many first and last ones: of a recursion without end
# there are a thousand.
MOST_PLACES = 5


class Lines(Listener):
    """Writes a report to a stream; `command` is what to type to try a stage again.

    `streams` are standard output and standard error, those of now unless they are given: while
    an action runs there is something else in their place.

    Tasks whose names start with `_` are mentioned only when they fail, as in doit.
    """

    def __init__(self, out: Any, command: str, streams: tuple[Any, Any] | None = None) -> None:
        self._out = out
        stdout, stderr = streams or (sys.stdout, sys.stderr)
        self._streams = {"stdout": Lasting(stdout), "stderr": Lasting(stderr)}
        self._command = command
        self._failed: list[events.Failed] = []
        self._errors: list[str] = []

    def hear(self, event: events.Event) -> None:
        """Write what there is to say of an event; why stages failed comes at the end."""
        match event:
            case events.Built():
                self._built(event)
            case events.Ignored():
                self._line("ignored", event, "")
            case events.NotRun():
                self._line("not run", event, f"needs {words.escaped(words.listed(event.needs))}")
            case events.Failed():
                self._failed.append(event)
                took = "" if event.seconds is None else words.duration(event.seconds)
                self._line("failed", event, took)
                self._notes(event.notes)
            case events.Stopped():
                self._stopped(event)
            case events.Trouble():
                self._errors.append(event.message)
            case events.Waiting():
                self._write_to("stderr", f"waiting for {words.escaped(event.line)}\n")
            case events.Printed():
                self._printed(event)
            case events.RunEnded():
                self._ended(event)

    def _built(self, event: events.Built) -> None:
        if event.stage.startswith("_"):
            return
        why = words.escaped(words.reasons(event.reasons))
        said = _line("built", event, f"{words.duration(event.seconds)}  {why}")
        notes = [*map(_made, event.outputs), *event.notes]
        self._out.write(said + "".join(map(_note, notes)))

    def _stopped(self, event: events.Stopped) -> None:
        """Say which stage was under way, and where what it had made by then is."""
        self._line("stopped", event, "")
        self._notes(event.notes)
        self._notes(f"unfinished target: {path}" for path in event.unfinished or ())
        if event.unfinished == () and event.has_targets:
            self._notes(["nothing unfinished is left"])

    def _printed(self, event: events.Printed) -> None:
        lines = event.text.removesuffix("\n").split("\n")
        name = words.escaped(event.stage)
        self._write_to(event.stream, "".join(f"{name}: {words.seen(line)}\n" for line in lines))

    def _write_to(self, name: str, text: str) -> None:
        self._streams[name].write(text)
        self._streams[name].flush()

    def _ended(self, event: events.RunEnded) -> None:
        parts = [f"{number} {name}" for name, number in event.counts.items() if number]
        took = words.duration(event.seconds)
        self._out.write(f"{', '.join(parts) or 'nothing to do'} in {took}\n")
        for failed in self._failed:
            self._failure(failed)
        for error in self._errors:
            self._out.write(f"\nerror: {words.escaped(error, LAYOUT)}\n")
        self._out.flush()

    def _line(self, what: str, event: events.Titled, rest: str) -> None:
        self._out.write(_line(what, event, rest))

    def _notes(self, notes: Iterable[str]) -> None:
        self._out.writelines(map(_note, notes))

    def _failure(self, event: events.Failed) -> None:
        def write(text: str) -> None:
            self._out.write(f"{words.escaped(text, LAYOUT)}\n")

        write(f"\n{words.escaped(event.stage)} failed: {event.what}")
        for name, text in (("stdout", event.stdout), ("stderr", event.stderr)):
            if name not in event.on_screen and text.strip():
                write(f"  {name}:")
                lines = text.rstrip().splitlines()
                cut = len(lines) - MOST_PRINTED if event.log else 0
                if cut > 0:  # all of it is in the log
                    write(f"      ({words.count(cut, 'earlier line')} in the log)")
                self._out.writelines(f"      {line}\n" for line in lines[max(cut, 0) :])
        for number, (place, line) in enumerate(event.where, 1):
            if not MOST_PLACES < number <= len(event.where) - MOST_PLACES:
                write(f"  {place}\n      {line}")
            elif number == MOST_PLACES + 1:
                left_out = len(event.where) - 2 * MOST_PLACES
                write(f"  ({words.count(left_out, 'more place')} in the whole traceback)")
        for path in event.partial:
            write(f"  unfinished target: {path}")
        if event.traceback:
            write(f"  whole traceback: {event.traceback}")
        if event.log:
            write(f"  log: {event.log}")
        write(f"  to try again: {self._command} {shlex.quote(event.stage)}")


def _line(what: str, event: events.Titled, rest: str) -> str:
    title = words.escaped(event.title, "" if event.title == event.stage else LAYOUT)
    return f"{what:<7}  {title}  {rest}".rstrip() + "\n"


def _note(note: str) -> str:
    return f"{INDENT}{words.escaped(note, LAYOUT)}\n"


def _made(output: Output) -> str:
    return f"{output.path}  {words.size(output.size)}"
