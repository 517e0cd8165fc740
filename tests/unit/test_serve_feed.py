"""The stream of news: bounded, coalesced, never waiting for who reads slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from datamake.serve import feed as feed_module
from datamake.serve.feed import Feed, FullError, event


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "PAUSE_SECONDS", 0.01)


def counting(since: int) -> tuple[int, list[tuple[str, Any]]]:
    return since + 1, [("state", {"n": since})]


async def several(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(anext(stream), 5) for _ in range(count)]


def test_a_listener_is_told_what_is_new_since_it_was_told_last() -> None:
    async def story() -> list[bytes]:
        feed = Feed()
        feed.open()
        stream = feed.listen(7, counting)
        found = await several(stream, 2)
        feed.changed()
        return found + await several(stream, 1)

    _, first, second = asyncio.run(story())
    assert first == event("state", {"n": 7}, 8)
    assert second == event("state", {"n": 8}, 9)


def test_news_that_come_while_nobody_reads_are_told_at_once_later() -> None:
    told: list[int] = []

    def tell(since: int) -> tuple[int, list[tuple[str, Any]]]:
        told.append(since)
        return since + 1, [("state", {})]

    async def story() -> None:
        feed = Feed()
        feed.open()
        stream = feed.listen(0, tell)
        await several(stream, 2)
        for _ in range(1_000):
            feed.changed()
            await asyncio.sleep(0)
        await several(stream, 1)
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert told == [0, 1]


def test_quiet_streams_show_that_they_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "HEARTBEAT_SECONDS", 0.01)

    async def story() -> bytes:
        feed = Feed()
        feed.open()
        stream = feed.listen(0, counting)
        return (await several(stream, 3))[-1]

    assert asyncio.run(story()) == b": alive\n\n"


def test_more_listeners_than_there_may_be_are_turned_away_until_one_leaves() -> None:
    async def story() -> None:
        feed = Feed(most=2)
        feed.open()
        streams = [feed.listen(0, counting) for _ in range(2)]
        for stream in streams:
            await several(stream, 1)
        with pytest.raises(FullError):
            feed.listen(0, counting)
        await streams[0].aclose()  # type: ignore[attr-defined]
        assert feed.listeners == 1
        await several(feed.listen(0, counting), 1)

    asyncio.run(story())


def test_listeners_that_come_at_once_are_bounded_too() -> None:
    async def story() -> int:
        feed = Feed(most=2)
        feed.open()
        streams = [feed.listen(0, counting) for _ in range(5)]
        firsts = [await anext(stream, b"") for stream in streams]
        return sum(bool(first) for first in firsts)

    assert asyncio.run(story()) == 2


def test_all_streams_end_when_the_server_does() -> None:
    async def story() -> list[bytes]:
        feed = Feed()
        feed.open()
        stream = feed.listen(0, counting)
        await several(stream, 2)
        feed.close()
        return [part async for part in stream]

    assert asyncio.run(story()) == []


def test_nothing_in_a_message_can_begin_another_one() -> None:
    content = {"name": "a\n\nevent: evil\ndata: x\r\n\u2028\udce9"}
    lines = event("state", content, 3).decode().split("\n")
    assert lines[:2] == ["id: 3", "event: state"]
    assert json.loads(lines[2].removeprefix("data: ")) == content
    assert lines[3:] == ["", ""]
