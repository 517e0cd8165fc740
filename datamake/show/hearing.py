"""Hears what running actions say of themselves, in this process and in those forked from it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import msgspec

from datamake.show.events import Event, Printed, Progress
from datamake.voice import Advanced, Message, Mouth, Wrote

MOST_BYTES = 1 << 17


class Hearing:
    """Hands on what stages say, as events, from a thread of its own. To be closed at the end.

    `mouth` is what they are to say it to.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._ear, self._far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._decoder = msgspec.msgpack.Decoder(Message)
        self._bars: dict[str, tuple[str, dict[str, Progress]]] = {}
        self._lock = threading.Lock()
        self.mouth = Mouth.of(self._far)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def all_said(self) -> None:
        """Return when all that has been said by now was handed on."""
        with self._lock:
            while self._hear(socket.MSG_DONTWAIT):
                pass

    def forget(self, stage: str) -> None:
        """Forget how far a stage had come, which has ended."""
        self._bars.pop(stage, None)

    def close(self) -> None:
        """Stop listening."""
        # The thread waits for a message, and takes an empty one for the last.
        self._far.send(b"")
        self._thread.join()
        self._ear.close()
        self._far.close()

    def _listen(self) -> None:
        while self._ear.recv(1, socket.MSG_PEEK):
            self.all_said()

    def _hear(self, flags: int) -> bool:
        try:
            content = self._ear.recv(MOST_BYTES, flags)
        except BlockingIOError:
            return False
        if not content:  # the last, which is for the thread
            self._far.send(b"")
            return False
        event = self._event(self._decoder.decode(content))
        if event is not None:
            self._tell(event)
        return True

    def _event(self, message: Message) -> Event | None:
        if isinstance(message, Wrote):
            stage, stream, text = message.stage, message.stream, message.text
            return Printed(stage=stage, stream=stream, text=text)
        return self._added(message)

    def _added(self, said: Advanced) -> Event | None:
        """Add what one bar of a stage has come on; of several the oldest is what is shown."""
        attempt, bars = self._bars.get(said.stage, ("", {}))
        if attempt != said.attempt:
            bars = {}
            self._bars[said.stage] = said.attempt, bars
        before = bars.pop(said.bar, None) if said.ended else bars.get(said.bar)
        progress = Progress(
            stage=said.stage,
            done=said.by + (before.done if before else 0.0),
            total=said.total,
            unit=said.unit,
        )
        if not said.ended:
            bars[said.bar] = progress
        shown = next(iter(bars), said.bar)
        return progress if shown == said.bar else None
