"""A page of a temporary project, served by a real `doit serve`, and what asks it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until


class Page:
    """A served project: its address, and what it answers."""

    def __init__(self, address: str, process: subprocess.Popen[str]) -> None:
        self.address = address
        self.process = process
        self.client = httpx.Client(base_url=address.partition("?")[0], timeout=DEADLINE_SECONDS)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        found = re.search(r":(\d+)/", self.address)
        assert found is not None
        return int(found[1])

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the answer to a request."""
        return self.client.get(path, headers=headers)

    def json(self, path: str) -> Any:
        """Return an answer that must be good, from its JSON."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def states(self) -> dict[str, str]:
        """Return how each stage stands."""
        found = self.json("/api/stages?limit=1000")["stages"]
        return {one["name"]: one["state"] for one in found}

    def wait_for(self, **states: str) -> None:
        """Return when stages stand like this."""
        wait_until(lambda: states.items() <= self.states().items())

    def judged(self) -> None:
        """Return when the project was judged and is not being judged any more."""
        wait_until(lambda: self.json("/api/graph")["seen_at"] is not None)
        wait_until(lambda: not self.json("/api/running")["runs"])


class Listener:
    """An open stream of events, and what it was told."""

    def __init__(self, page: Page, since: str = "") -> None:
        self.told: list[tuple[str, Any]] = []
        self._page = page
        self._query = f"?since={since}" if since else ""
        self._open = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._open.wait(DEADLINE_SECONDS)

    def _listen(self) -> None:
        try:
            with self._page.client.stream("GET", f"/api/events{self._query}") as stream:
                name = ""
                for line in stream.iter_lines():
                    self._open.set()
                    if line.startswith("event: "):
                        name = line[7:]
                    elif line.startswith("data: "):
                        self.told.append((name, json.loads(line[6:])))
        except httpx.HTTPError:
            self._open.set()  # the server has ended

    def ended(self) -> bool:
        """Whether the stream has ended."""
        self._thread.join(DEADLINE_SECONDS)
        return not self._thread.is_alive()

    def states(self, stage: str) -> list[str]:
        """Return the states that were told of a stage, in order."""
        told = (content["stages"] for name, content in list(self.told) if name == "state")
        return [stages[stage]["state"] for stages in told if stage in stages]


@contextmanager
def served(project: Project, *options: str, **environment: str) -> Iterator[Page]:
    """Serve a project on a port that is free, for the time of a block."""
    process = project.start("serve", "--port=0", *options, **environment)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http"), process.communicate(timeout=DEADLINE_SECONDS)
        page = Page(address, process)
        yield page
        page.client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE_SECONDS)
