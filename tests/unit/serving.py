"""A served project without a server: a real store, a snapshot by hand, and no network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from datamake.model import AttemptState, Meaning, Reason, Record, Stage, State, Why
from datamake.past import Details, PastAttempt, PastRun
from datamake.picture.model import Judged, Part
from datamake.process import Process
from datamake.serve.app import application
from datamake.serve.options import Options, store_path
from datamake.serve.site import Site
from datamake.serve.snapshot import Snapshot
from datamake.store import Store

PORT = 8082
STALE = Judged(State.STALE, (Reason(Why.NEVER_BUILT),))
FRESH = Judged(State.FRESH)


def options(folder: Path, **more: Any) -> Options:
    """Return options for a project in a folder."""
    return Options(project=str(folder), store=store_path(str(folder), ""), **more)


def snapshot(parts: Mapping[str, Part], **judged: Judged) -> Snapshot:
    """Return a snapshot of parts, which are stale unless something else is said."""
    verdicts = {name: judged.get(name, STALE) for name in parts}
    return Snapshot(parts=parts, judged=verdicts, taken=time.time())


def site(folder: Path, *parts: Part, **more: Any) -> Site:
    """Return the site of a project with these stages; nobody follows its store."""
    found = Site(options(folder, **more))
    found.live.look(snapshot({part.name: part for part in parts}), ())
    return found


def app_of(found: Site) -> ASGIApp:
    """Return the application of a site."""
    return application(found.options, found, PORT)


def ask(app: ASGIApp, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    """Return the answer to one request, as a browser on this machine sends it."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        base = f"http://127.0.0.1:{PORT}"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


class Past:
    """Writes a project's history as runs do."""

    def __init__(self, folder: Path) -> None:
        (folder / ".datamake").mkdir(exist_ok=True)
        self.store = Store.open(store_path(str(folder), ""))

    def run(self, command: str = "doit") -> int:
        """Note a run that goes on."""
        return self.store.history.begin(
            PastRun(0, Process.current(), "ada", command, "", 1, time.time())
        )

    def attempt(
        self, run: int, stage: str, state: AttemptState = AttemptState.BUILT, **details: Any
    ) -> int:
        """Note an attempt that ended; return its id."""
        told = Details(**details)
        self.store.history.attempted(
            PastAttempt(0, run, stage, state, time.time(), 0.5, told), Meaning()
        )
        return self.store.history.last_attempt()

    def built(self, stage: str, *targets: str) -> None:
        """Note that a stage built targets."""
        record = Record(stage, targets, Meaning(), "md5", {}, dict.fromkeys(targets, "0"))
        self.store.commit(Stage(stage, (), targets), record, release=True)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()
