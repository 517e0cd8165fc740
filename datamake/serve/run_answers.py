"""Answers on runs: those that go on, those that were, and what differs between two."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datamake.serve import run_comparison, run_view
from datamake.serve.answer import Json, site_of
from datamake.serve.asked import in_path, number

RUNS_SHOWN = 50
RUNS_OFFERED = 30


def running(request: Request) -> Response:
    """Answer with what is being built, and by whom."""
    site = site_of(request)
    with site.store() as store:
        return Json(site.running(store))


def runs(request: Request) -> Response:
    """Answer with past runs, the last one first."""
    return Json(of_runs(request))


def of_runs(request: Request) -> dict[str, Any]:
    """Return the past runs that a request asks for. Raises HTTPException."""
    most, before = number(request, "limit", RUNS_SHOWN) or 0, number(request, "before")
    with site_of(request).store() as store:
        return run_view.runs(store, most, before)


def run(request: Request) -> Response:
    """Answer with one run and its attempts."""
    return Json(of_run(request))


def of_run(request: Request) -> dict[str, Any]:
    """Return the run that a request asks for. Raises HTTPException."""
    with site_of(request).store() as store:
        try:
            return run_view.one_run(store, in_path(request, "number"))
        except KeyError as error:
            raise HTTPException(404, "there is no such run") from error


def diff(request: Request) -> Response:
    """Answer with what differs between two runs."""
    return Json(of_diff(request))


def of_diff(request: Request) -> dict[str, Any]:
    """Return what differs between the two runs that are asked for. Raises HTTPException."""
    numbers = in_path(request, "first"), in_path(request, "second")
    with site_of(request).store() as store:
        try:
            return run_comparison.difference(store, *numbers)
        except KeyError as error:
            raise HTTPException(404, "there is no such run") from error
        except run_comparison.TooFarError as error:
            raise HTTPException(400, str(error)) from error


def of_neighbours(request: Request) -> dict[str, Any]:
    """Return the run before the one that is asked for, if there is one, and the last ones."""
    asked = in_path(request, "number")
    with site_of(request).store() as store:
        before = store.history.before(asked)
        last = [one for one in store.history.runs(RUNS_OFFERED) if one.id != asked]
    return {"before": before, "others": [run_view.run(one) for one in last]}


ROUTES = [
    Route("/api/running", running),
    Route("/api/runs", runs),
    Route("/api/run/{number:int}", run),
    Route("/api/diff/{first:int}/{second:int}", diff),
]
