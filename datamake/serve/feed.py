"""Tells listeners what changes, as server-sent events; who reads slowly is told less often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

MOST_LISTENERS = 64
HEARTBEAT_SECONDS = 15.0

# At most so many messages a second and listener, however fast stages are built.
PAUSE_SECONDS = 0.3

# What is new since a moment: the moment that it tells up to, and messages by kind.
Tell = Callable[[int], tuple[int, list[tuple[str, Any]]]]


class FullError(Exception):
    """There are as many listeners as there may be."""


class Feed:
    """The listeners of one server. Belongs to the event loop, but for `changed`.

    Nothing is queued for a listener: each remembers up to which moment it was told, and is told
    what is new since then when it has read the last message.
    """

    def __init__(self, most: int = MOST_LISTENERS) -> None:
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._closed = False
        self.listeners = 0
        self.has_listeners: Callable[[bool], None] = lambda _: None

    def open(self) -> None:
        """Begin, in the event loop that is running."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End the streams of all listeners."""
        self._closed = True
        self._wake()

    def changed(self) -> None:
        """Say, from any thread, that there is something to tell."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def listen(self, since: int, tell: Tell) -> AsyncIterator[bytes]:
        """Return the stream of one listener. Raises FullError."""
        if self.listeners >= self._most:
            raise FullError
        return self._stream(since, tell)

    async def _stream(self, since: int, tell: Tell) -> AsyncIterator[bytes]:
        if self.listeners >= self._most:  # several came at once
            return
        self._count(1)
        try:
            yield b"retry: 2000\n\n"
            while not self._closed:
                news = self._news
                since, messages = await asyncio.to_thread(tell, since)
                for name, content in messages:
                    yield event(name, content, since)
                # Whatever comes in this pause is told together.
                await asyncio.sleep(PAUSE_SECONDS)
                while not self._closed:
                    try:
                        await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
                        break
                    except TimeoutError:
                        yield b": alive\n\n"
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self.listeners += more
        self.has_listeners(self.listeners > 0)


def event(name: str, content: Any, number: int) -> bytes:
    """Return one message; JSON has no line breaks, so nothing in it can begin another one."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(content)}\n\n".encode()
