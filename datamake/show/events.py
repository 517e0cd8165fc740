"""What happens in a run, as whoever shows it hears of it: one frozen value an event."""

from __future__ import annotations

from msgspec import Struct

from datamake.model import Reason
from datamake.outcome import Output


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that happened; `time` is in seconds since the epoch, 0 until it is told."""

    time: float = 0.0


class RunBegun(Event, frozen=True, tag="run_begun"):
    """A run begins with `stages` to be looked at; `fresh` more are known to be up to date."""

    stages: int
    fresh: int


class MoreToLookAt(Event, frozen=True, tag="more_to_look_at"):
    """`stages` more are to be looked at, which had been counted as up to date."""

    stages: int


class OfStage(Event, frozen=True):
    """Something that happened to a stage."""

    stage: str


class LookedAt(OfStage, frozen=True, tag="looked_at"):
    """A stage is going to be judged."""


class Begun(OfStage, frozen=True, tag="begun"):
    """A stage is going to be built, for these reasons; `usual` is how many seconds it takes.

    One that has the terminal to itself may write to it, or read from it, as it likes.
    """

    reasons: tuple[Reason, ...]
    usual: float | None
    has_terminal: bool


class Waiting(OfStage, frozen=True, tag="waiting"):
    """A stage waits for another process, which has been building it since a time.

    `line` says the same to a person.
    """

    pid: int
    host: str
    since: float
    line: str


class Waited(OfStage, frozen=True, tag="waited"):
    """A stage waits no more."""


class Progress(OfStage, frozen=True, tag="progress"):
    """So much of a stage's work is done, of `total` if that is known."""

    done: float
    total: float | None
    unit: str


class Printed(OfStage, frozen=True, tag="output"):
    """A stage wrote whole lines to `stream`, standard output or standard error."""

    stream: str
    text: str


class Titled(OfStage, frozen=True):
    """Something that a line of a report says of a stage; `title` is what it is called there."""

    title: str


class Built(Titled, frozen=True, tag="built"):
    """A stage was built in so many seconds."""

    reasons: tuple[Reason, ...]
    seconds: float
    outputs: tuple[Output, ...]
    notes: tuple[str, ...]


class Fresh(OfStage, frozen=True, tag="fresh"):
    """A stage was looked at and is up to date, perhaps because somebody else built it."""


class Ignored(Titled, frozen=True, tag="ignored"):
    """A stage was passed over because `doit ignore` marked it, or one that it needs."""


class Failed(Titled, frozen=True, tag="failed"):
    """A stage failed; `what` says why, `where` has the person's own lines as (place, line).

    `seconds` is None where it was not begun. `partial` are the unfinished targets, `traceback` and
    `log` are files, "" without one. Of what the stage printed, `on_screen` names the streams that
    have been shown.
    """

    seconds: float | None
    what: str
    where: tuple[tuple[str, str], ...]
    partial: tuple[str, ...]
    traceback: str
    log: str
    notes: tuple[str, ...]
    stdout: str
    stderr: str
    on_screen: tuple[str, ...]


class NotRun(Titled, frozen=True, tag="not_run"):
    """A stage was not begun, since what it `needs` failed."""

    needs: tuple[str, ...]


class Stopped(Titled, frozen=True, tag="stopped"):
    """A stage was under way when the run was stopped.

    `unfinished` are the paths of what it had made of its targets, None where that is not known.
    """

    notes: tuple[str, ...]
    unfinished: tuple[str, ...] | None
    has_targets: bool


class Trouble(Event, frozen=True, tag="error"):
    """Something went wrong outside of any stage."""

    message: str


class RunEnded(Event, frozen=True, tag="run_ended"):
    """A run ended after so many seconds; `counts` are of stages, by what became of them."""

    seconds: float
    counts: dict[str, int]
