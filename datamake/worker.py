"""What a worker process does: it runs one call after the other and sends back what came of it."""

from __future__ import annotations

import functools
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from msgspec import Struct

from datamake.acting import Acted, Work
from datamake.assignments import Assignment
from datamake.interruption import STOPPING, Stopped, end_as_told
from datamake.outputs import Sink
from datamake.parcel import Memory, unpacked
from datamake.process import Process
from datamake.show.stream import ERRORS

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Channel(Struct, frozen=True):
    """A worker's end of its pipe; `others` are ends that it inherits and must close.

    `parent` is the number of the process that forked it.
    """

    end: Connection
    others: tuple[Connection, ...]
    parent: int


def serve(channel: Channel, memory: Memory) -> None:
    """Answer calls until there are no more, or a signal says to end: its status says which."""
    # A signal may come at any instant, also while this process only gets ready.
    try:
        _heed_signals()
        die_with(channel.parent)
        for other in channel.others:
            other.close()
        _answer_all(channel, memory)
    except Stopped as stopped:
        sys.exit(stopped.code)


def _answer_all(channel: Channel, memory: Memory) -> None:
    # Sending an answer is cut short by a signal only where nobody waits for it any more.
    outputs = [_Output(1, "stdout"), _Output(2, "stderr")]
    assignment = Assignment(Process.numbered(channel.parent))

    def act_on(parcel: bytes) -> Any:
        call, arguments, named = unpacked(parcel, memory)
        for work in arguments:
            if isinstance(work, Work):
                assignment.say(work.root, work.token)
        return call(*arguments, **named)

    with suppress(EOFError, OSError):
        while parcel := channel.end.recv_bytes():
            channel.end.send_bytes(_answer(functools.partial(act_on, parcel), outputs))


def _answer(call: Callable[[], Any], outputs: list[_Output]) -> bytes:
    result: Any = None
    error: BaseException | None = None
    try:
        result = call()
    except Stopped:
        raise
    except BaseException as raised:  # noqa: BLE001 - who waits for the answer has it raised
        error = raised
    taken = outputs[0].taken(), outputs[1].taken()
    if isinstance(result, Acted) and not result.said:
        result.shown = taken
    return _packed(result, error)


def _packed(result: Any, error: BaseException | None) -> bytes:
    try:
        return pickle.dumps((result, error), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as unsendable:  # noqa: BLE001 - a user's own objects may raise any
        what = f"what it returned can't be sent back: {type(unsendable).__name__}: {unsendable}"
        return pickle.dumps((None, RuntimeError(what)))


class _Output:
    """One of the standard outputs, which goes to a file until the call is over.

    So it holds whatever is written, by Python, by a library in C or by what the call started.
    """

    def __init__(self, number: int, name: str) -> None:
        self._number = number
        self._sink = Sink()
        self._stream = io.TextIOWrapper(
            io.FileIO(number, "w", closefd=False),
            encoding="utf-8",
            errors=ERRORS,
        )
        setattr(sys, name, self._stream)
        setattr(sys, f"__{name}__", self._stream)
        os.dup2(self._sink.number, number)

    def taken(self) -> str:
        """Return what was written since the last time."""
        self._stream.flush()
        content = self._sink.taken()
        os.dup2(self._sink.number, self._number)
        return content.decode(errors=ERRORS)


def _heed_signals() -> None:
    """End on SIGTERM alone: who forked this process decides, also on what a terminal says."""

    own = os.getpid()

    def nothing(number: int, frame: FrameType | None) -> None:
        # What an action forked ends: who waits for it would wait for ever.
        if os.getpid() != own:
            end_as_told(number)

    def stop(number: int, frame: FrameType | None) -> None:
        nothing(number, frame)
        signal.signal(number, nothing)
        raise Stopped(number)

    for number in STOPPING:
        if number != signal.SIGTERM and signal.getsignal(number) is signal.SIG_IGN:
            continue  # as whoever started the run wants it (nohup), also for what actions start
        # A handler and not SIG_IGN, which the commands of actions would inherit.
        handler: Callable[[int, FrameType | None], None] = nothing
        signal.signal(number, stop if number == signal.SIGTERM else handler)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def die_with(parent: int) -> None:
    """Have the kernel end this process with the one that forked it, where it can."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
