"""Runs and attempts as the page tells of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from datamake.model import AttemptState
from datamake.past import PastAttempt, PastRun
from datamake.redaction import redact
from datamake.serve import reasons
from datamake.serve.bounded import shortened
from datamake.serve.live import Live
from datamake.store import Store
from datamake.store_rows import Underway

MOST_RUNS = 200
MOST_ATTEMPTS = 5_000
MOST_FAILED = 5


def running(live: Live, runs: Iterable[PastRun]) -> dict[str, Any]:
    """Return who builds what now, here and elsewhere, and the runs that they belong to."""
    stages = sorted(live.running().values(), key=lambda one: (one.since, one.stage))
    return {
        "running": [holder(one, live.workers) for one in stages],
        "runs": [run(one) for one in runs],
        "now": time.time(),
    }


def holder(one: Underway, workers: Mapping[str, int]) -> dict[str, Any]:
    """Return who builds a stage; the worker is 0 where that is not known."""
    process = one.process
    return {
        "stage": one.stage,
        "host": process.host,
        "pid": process.pid,
        "worker": workers.get(one.token, 0),
        "since": one.since,
        "here": process.host == socket.gethostname(),
    }


def run(one: PastRun, failed: Iterable[str] = ()) -> dict[str, Any]:
    """Return one run; `failed` are stages that failed in it."""
    end = time.time() if one.ended is None else one.ended
    is_over = one.ended is not None or one.state.value != "running"
    return {
        "id": one.id,
        "state": one.state.value,
        "command": one.command,
        "person": one.person,
        "host": one.process.host,
        "pid": one.process.pid,
        "commit": one.commit,
        "workers": one.workers,
        "started": one.started,
        "ended": one.ended,
        "seconds": None if is_over and one.ended is None else max(0.0, end - one.started),
        "counts": dict(one.counts),
        "failed": list(failed),
    }


def runs(store: Store, most: int, before: int | None) -> dict[str, Any]:
    """Return past runs, the last one first, and the id before which there are older ones."""
    most = min(most, MOST_RUNS)
    found = list(store.history.runs(most + 1, before))
    shown = found[:most]
    return {
        "runs": [run(one, _failed(store, one)) for one in shown],
        "older": shown[-1].id if len(found) > most else None,
    }


def _failed(store: Store, one: PastRun) -> list[str]:
    if one.ended is not None and not one.counts.get(AttemptState.FAILED.value):
        return []
    return store.history.failed_in(one.id, MOST_FAILED)


def one_run(store: Store, number: int) -> dict[str, Any]:
    """Return a run with its attempts, those that failed first. Raises KeyError for none."""
    found = store.history.run(number)
    if found is None:
        raise KeyError(number)
    attempts: list[dict[str, Any]] = []
    more = False
    for one in store.history.attempts(number):
        if len(attempts) == MOST_ATTEMPTS:
            more = True
            break
        attempts.append(attempt(one))
    # The sort is stable: each of the two lots stays in the order in which they ended.
    attempts.sort(key=lambda one: one["state"] != AttemptState.FAILED.value)
    return {**run(found, _failed(store, found)), "attempts": attempts, "more": more}


def attempt(one: PastAttempt) -> dict[str, Any]:
    """Return one attempt, without what it read and wrote."""
    details = one.details
    return {
        "id": one.id,
        "run": one.run,
        "stage": one.stage,
        "state": one.state.value,
        "started": one.started,
        "seconds": one.seconds,
        "worker": details.worker,
        **reasons.told(details.reasons),
        "parameters": redact(details.parameters),
        "failure": shortened(redact(details.failure)),
        "where": [[place, shortened(redact(line))] for place, line in details.where],
        "sizes": dict(details.sizes),
        "log": bool(details.log),
    }
