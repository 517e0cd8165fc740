"""What running actions say of themselves, and how that reaches the process that shows the run."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec
from doit.task import Stream, Task
from msgspec import Struct

from datamake.show.words import last_written

if TYPE_CHECKING:
    import socket

# A datagram holds so many characters at most; every system takes one of four times as many bytes.
MOST_CHARACTERS = 8000
BUFFER_BYTES = 1 << 18

# Whoever forked a process may be killed while that writes: it goes on then, unheard.
PATIENCE_SECONDS = 600


class Advanced(Struct, frozen=True, tag=True, array_like=True):
    """So much more of what one `bar` of a stage counts is done; `ended` when it counts no more.

    What was counted in another `attempt` at the stage does not count any more.
    """

    stage: str
    attempt: str
    bar: str
    by: float
    total: float | None
    unit: str
    ended: bool = False


class Wrote(Struct, frozen=True, tag=True, array_like=True):
    """A stage wrote whole lines to one of its standard streams."""

    stage: str
    stream: str
    text: str


Message = Advanced | Wrote


class Mouth(Struct, frozen=True):
    """A socket that this process and those forked from it can send messages to.

    It is a number with the identity of what it stands for: in another process that number may
    be something else, and nothing is sent then.
    """

    number: int
    identity: tuple[int, int]

    @classmethod
    def of(cls, end: socket.socket) -> Mouth:
        """Return the mouth that one end of a pair of datagram sockets is."""
        import socket
        import struct

        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        patience = struct.pack("ll", PATIENCE_SECONDS, 0)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        stat = os.fstat(end.fileno())
        return cls(end.fileno(), (stat.st_dev, stat.st_ino))

    def say(self, message: Message, *, wait: bool = False) -> bool:
        """Send a message; False where nobody listens, or (unless told to wait) not right now."""
        import socket

        try:
            stat = os.fstat(self.number)
            if (stat.st_dev, stat.st_ino) != self.identity:
                return False
            end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, 0, self.number)
        except OSError:  # it is not there in this process
            return False
        try:
            end.send(msgspec.msgpack.encode(message), 0 if wait else socket.MSG_DONTWAIT)
        except OSError:  # full, or nobody is left to listen
            return False
        finally:
            end.detach()
        return True


_attempts = itertools.count()


class Speaker:
    """One stage whose actions run here: under which name, and to whom, it says what it does.

    One that is not `captured` has its output written where it runs.
    """

    def __init__(self, stage: str, mouth: Mouth, *, captured: bool = True) -> None:
        self.stage = stage
        self.attempt = f"{os.getpid()}-{next(_attempts)}"
        self.mouth = mouth
        self.captured = captured
        self._streams: list[Spoken] = []

    def stream(self, name: str) -> Any:
        """Return a text stream whose lines are said; `name` is that of the one it stands for."""
        told = Spoken(self, name)
        self._streams.append(told)
        return told

    def end(self) -> None:
        """Say what was written without the end of its line."""
        for stream in self._streams:
            stream.end()


class Spoken(io.TextIOBase):
    """A text stream of a stage, whose lines are said as soon as they are whole."""

    def __init__(self, speaker: Speaker, name: str) -> None:
        self._speaker = speaker
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        """Take a text; of a line that is not whole its end is awaited."""
        lines, end, rest = f"{self._rest}{text}".rpartition("\n")
        self._rest = last_written(rest)
        if end:
            self._say(lines + end)
        return len(text)

    def end(self) -> None:
        """Say the line that is not whole."""
        if self._rest:
            self.write("\n")

    def _say(self, text: str) -> None:
        # Bytes that are no text travel as escapes, as they are shown.
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        for part in _parts(text):
            self._speaker.mouth.say(Wrote(self._speaker.stage, self._name, part), wait=True)


def _parts(text: str) -> Iterator[str]:
    """Split lines into texts that fit into a datagram, between two lines where that can be."""
    while len(text) > MOST_CHARACTERS:
        end = text.rfind("\n", 0, MOST_CHARACTERS) + 1 or MOST_CHARACTERS
        yield text[:end]
        text = text[end:]
    yield text


_speaker: ContextVar[Speaker | None] = ContextVar("speaker", default=None)


def speaker() -> Speaker | None:
    """Return who speaks for the stage whose action this is; None outside of a run that listens."""
    return _speaker.get()


class Voice(Stream):
    """doit's stream, for a run that listens to its stages.

    With `named`, what they write is said under their name and not written where they run; with
    `all_of_it` that holds for what they would be silent about, too.
    """

    def __init__(self, stream: Stream, mouth: Mouth, *, named: bool, all_of_it: bool) -> None:
        super().__init__(stream.verbosity, stream.force_global)
        self.mouth = mouth
        self._named = named
        self._all = all_of_it

    def names(self, task: Task) -> bool:
        """Whether what a task writes, past Python too, is said under its name."""
        return self._named and not self._all and task.io.capture is True

    def _get_out_err(self, verbosity: int) -> tuple[Any, Any]:
        heard = speaker()
        out, err = super()._get_out_err(verbosity)
        if not self._named or heard is None or not heard.captured:
            return out, err
        return (
            heard.stream("stdout") if out or self._all else None,
            heard.stream("stderr") if err or self._all else None,
        )


def named(task: Task, stream: Stream) -> bool:
    """Whether what a task writes to a stream, or past Python, is said under its name."""
    return isinstance(stream, Voice) and stream.names(task)


def speaking(task: Task, stream: Stream) -> AbstractContextManager[None]:
    """Have the actions of a task speak in the block, where the run listens to them."""
    if not isinstance(stream, Voice):
        return nullcontext()
    return _speaking(Speaker(task.name, stream.mouth, captured=task.io.capture is True))


@contextmanager
def _speaking(heard: Speaker) -> Iterator[None]:
    before = _speaker.set(heard)
    try:
        yield
    finally:
        _speaker.reset(before)
        heard.end()
