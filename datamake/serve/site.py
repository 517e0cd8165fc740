"""What all pages and answers of one server are made from."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from datamake.picture.as_image import DrawingError
from datamake.serve import graph_view, logs, run_view
from datamake.serve.drawing import Drawings
from datamake.serve.feed import Feed
from datamake.serve.follow import Follower, opened
from datamake.serve.graph_view import Query, View
from datamake.serve.live import Live
from datamake.serve.look import Looker
from datamake.serve.options import Options
from datamake.serve.snapshot import FAILED, Snapshot
from datamake.store import Store
from datamake.store_schema import StoreError

MOST_TOLD = 1_000
MOST_FAILURES = 5
MOST_VIEWS = 32
NOTHING: dict[str, Any] = {"files": True, "left_out": None}


class Site:
    """One project that is served: how it stands, its drawings, its listeners."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.live = Live()
        self.feed = Feed()
        self.drawings = Drawings()
        self.follower = Follower(options, self.live, Looker(options), self.feed.changed)
        self.feed.has_listeners = self.follower.watch
        self._views: dict[object, View] = {}

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for reading, for the time of a block. Raises StoreError."""
        with opened(self.follower.path) as store:
            yield store

    # The graph ---------------------------------------------------------------------------

    def graph(self, query: Query) -> tuple[dict[str, Any], str]:
        """Return the graph for JSON, and its picture, "" where that can't be drawn.

        Raises KeyError where the stage is not known.
        """
        snapshot, version = self.live.snapshot, self.live.version
        about = self._about(snapshot, version)
        if snapshot is None:
            return {**about, "nodes": [], "edges": [], "drawn": False, "reason": "", **NOTHING}, ""
        found, states = self._view(snapshot, version, query), self.live.states()
        picture, reason = "", ""
        try:
            if found.picture.nodes:
                picture = self.drawings.svg((version, query), found, states)
        except DrawingError as error:
            reason = str(error)
            if found.wish.files and not query.stages:
                reason += "; without files, or around one stage only, there is less to draw"
        content = {
            **about,
            "nodes": graph_view.nodes(found, states),
            "edges": graph_view.edges(found),
            "drawn": bool(picture),
            "reason": reason,
            "files": found.wish.files,
            "left_out": None if found.left_out is None else found.left_out.told(),
        }
        return content, picture

    def _view(self, snapshot: Snapshot, version: int, query: Query) -> View:
        # What a node says besides its state changes with the snapshot, its place does not.
        key = (version, snapshot.taken, query)
        found = self._views.get(key)
        if found is None:
            found = graph_view.view(snapshot, query)
            if len(self._views) >= MOST_VIEWS:
                self._views.clear()
            self._views[key] = found
        return found

    def _about(self, snapshot: Snapshot | None, version: int) -> dict[str, Any]:
        counts = self.live.counts()
        return {
            "version": version,
            "last_event": self.live.moment,
            "seen_at": None if snapshot is None else snapshot.taken,
            "refreshing": self.follower.refreshing,
            "error": self.follower.error or self.follower.store_error,
            "store": self.follower.has_store,
            "counts": counts,
            "total": sum(counts.values()),
        }

    # Runs --------------------------------------------------------------------------------

    def running(self, store: Store) -> dict[str, Any]:
        """Return what is being built, and the runs that are under way."""
        found = (store.history.run(number) for number in sorted(self.follower.runs_now))
        runs = [one for one in found if one is not None and one.state.value == "running"]
        return run_view.running(self.live, runs)

    # News --------------------------------------------------------------------------------

    def teller(self) -> Teller:
        """Return one that tells a listener what is new."""
        return Teller(self)

    def failures(self, stages: dict[str, str]) -> list[dict[str, Any]]:
        """Return why stages failed that did, and the last lines of what they printed."""
        failed = [name for name, state in stages.items() if state == FAILED][:MOST_FAILURES]
        found: list[dict[str, Any]] = []
        if not failed:
            return found
        with suppress(StoreError, sqlite3.Error), self.store() as store:
            for name in failed:
                for one in store.history.attempts_at(name, 1):
                    told = run_view.attempt(one)
                    tail = logs.tail(self.options, one.details.log)
                    words = {"stage": name, "attempt": one.id, "failure": told["failure"]}
                    found.append({**words, "tail": tail})
        return found


class Teller:
    """Tells one listener what is new; it is asked again when the last answer was read."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._graph: object = None
        self._running: object = None

    def __call__(self, since: int) -> tuple[int, list[tuple[str, Any]]]:
        """Return the moment up to which this tells, and messages by kind."""
        site = self._site
        change = site.live.since(since)
        messages: list[tuple[str, Any]] = []
        if change.missed:
            messages.append(("reload", {}))
        elif change.stages:
            messages.append(("state", self._states(change)))
        workers = frozenset(site.live.workers.items())
        running = (frozenset(site.live.running()), site.follower.runs_now, workers)
        if running != self._running:
            # A store that is just being made is asked again with the next news.
            with suppress(StoreError, sqlite3.Error), site.store() as store:
                messages.append(("run", site.running(store)))
                self._running = running
        error = site.follower.error or site.follower.store_error
        graph = (site.live.version, error, site.follower.refreshing)
        if graph != self._graph:
            self._graph = graph
            words = dict(zip(("version", "error", "refreshing"), graph, strict=True))
            messages.append(("graph", {**words, "counts": site.live.counts()}))
        return change.last, messages

    def _states(self, change: Any) -> dict[str, Any]:
        told = dict(list(change.stages.items())[:MOST_TOLD])
        counts = self._site.live.counts()
        return {
            "stages": {name: {"state": state} for name, state in told.items()},
            "groups": {
                group: {
                    "state": graph_view.worst(states),
                    "states": dict(states),
                    "count": sum(states.values()),
                    "caption": graph_view.folded_caption(states),
                }
                for group, states in change.groups.items()
            },
            "counts": counts,
            "total": sum(counts.values()),
            "last": change.last,
            "failed": self._site.failures(told),
            "more": len(told) < len(change.stages),
            "now": time.time(),
        }
