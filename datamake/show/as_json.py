"""A run as JSON, for programs: one event a line, as it happens."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

import msgspec

from datamake.model import Reason
from datamake.show import events
from datamake.show.listener import Listener

# What is told for a display or a person alone.
LEFT_OUT = (events.LookedAt, events.MoreToLookAt)
HIDDEN = frozenset({"title", "line", "has_terminal", "has_targets", "on_screen"})

# As the events are called, by which stages are counted.
COUNTS = {"up to date": "fresh", "not run": "not_run"}


class JsonLines(Listener):
    """Writes events to a stream, and nothing else; the rest goes to standard error meanwhile."""

    wants_all = True
    wants_progress = True

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stdout = sys.stdout
        sys.stdout = sys.stderr

    def hear(self, event: events.Event) -> None:
        """Write an event."""
        if isinstance(event, LEFT_OUT):
            return
        # ASCII alone: file names may hold bytes that are no text, which UTF-8 has no place for.
        self._out.write(json.dumps(_content(event)) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Have standard output be what it was."""
        sys.stdout = self._stdout


def _content(event: events.Event) -> dict[str, Any]:
    names = ("time", *event.__struct_fields__)
    fields = {name: getattr(event, name) for name in names if name not in HIDDEN}
    if "reasons" in fields:
        fields["reasons"] = [_reason(reason) for reason in fields["reasons"]]
    if isinstance(event, events.NotRun):
        fields["needs"] = " ".join(event.needs)
    if "where" in fields:
        fields["where"] = [{"place": place, "line": line} for place, line in fields["where"]]
    if isinstance(event, events.RunEnded):
        fields["counts"] = {COUNTS.get(name, name): count for name, count in event.counts.items()}
    # What it is and when it was come first, as people look at it too.
    return {"event": event.__struct_config__.tag, **msgspec.to_builtins(fields)}


def _reason(reason: Reason) -> dict[str, str | None]:
    subject = {"subject": reason.subject} if reason.subject else {}
    changed = {"before": reason.before, "after": reason.after}
    said = changed if any(value is not None for value in changed.values()) else {}
    return {"why": reason.why.value, **subject, **said}
