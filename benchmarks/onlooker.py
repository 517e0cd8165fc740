"""Somebody who looks on: a server with one open page, and what that page is told when."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks import peers
from benchmarks.measure import environment

DEADLINE_SECONDS = 600.0


@dataclass
class Page:
    """A server with one listener: when it was told what of which stage."""

    address: str
    process: psutil.Process
    heard: list[tuple[float, str, str]] = field(default_factory=list)
    events: int = 0

    def cpu(self) -> float:
        """Return the processor seconds of the server, with those that it waited for."""
        times = self.process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)


@contextmanager
def served(place: Path, count: int) -> Iterator[Page]:
    """Serve a project that was judged once, with one page open, for the time of a block."""
    process = subprocess.Popen(
        [*peers.DOIT, "serve", "--port=0"],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        page = Page(process.stdout.readline().strip(), psutil.Process(process.pid))
        _wait_for(page, count)
        stream = _events(page)
        reader = threading.Thread(target=_listen, args=(stream, page), daemon=True)
        reader.start()
        _wait_for(page, count)
        yield page
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    reader.join()


def _wait_for(page: Page, count: int) -> None:
    """Return when so many stages were judged, and nothing is being judged any more."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        connection = _connected(page)
        connection.request("GET", "/api/graph")
        found = json.loads(connection.getresponse().read())
        connection.close()
        if found["total"] == count and not found["refreshing"]:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{count} stages were not judged within {DEADLINE_SECONDS:g} s")


def _connected(page: Page) -> HTTPConnection:
    place = urlsplit(page.address)
    return HTTPConnection(str(place.hostname), place.port, timeout=DEADLINE_SECONDS)


def _events(page: Page) -> HTTPResponse:
    connection = _connected(page)
    connection.request("GET", "/api/events")
    return connection.getresponse()


def _listen(stream: HTTPResponse, page: Page) -> None:
    name = ""
    for raw in stream:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
            page.events += 1
        elif line.startswith("data: ") and name == "state":
            now = time.time()
            stages = json.loads(line[6:])["stages"]
            page.heard += [(now, stage, of["state"]) for stage, of in stages.items()]
