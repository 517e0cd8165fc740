"""The answers in JSON, and the stream of news."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from datamake.serve import logs, origins_view, preview, run_comparison, run_view, stage_view
from datamake.serve.asked import in_path, named, number, query, word, words
from datamake.serve.confined import ConfinedError
from datamake.serve.feed import FullError
from datamake.serve.metrics import metrics
from datamake.serve.site import Site

RUNS_SHOWN = 50
STAGES_SHOWN = 100


def site_of(request: Request) -> Site:
    """Return the site that a request is for."""
    site: Site = request.app.state.site
    return site


class Json(Response):
    """An answer in JSON, in ASCII: names may hold bytes that are no text."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the answer's bytes."""
        return json.dumps(content, allow_nan=False).encode("ascii")


def graph(request: Request) -> Response:
    """Answer with the nodes and edges that are asked for."""
    site = site_of(request)
    site.follower.refresh()
    return Json(of_graph(request)[0])


def of_graph(request: Request) -> tuple[dict[str, Any], str]:
    """Return the graph that a request asks for, and its picture. Raises HTTPException."""
    asked = query(request)
    try:
        return site_of(request).graph(asked)
    except KeyError as error:
        raise HTTPException(404, "there is no such stage") from error


def picture(request: Request) -> Response:
    """Answer with the picture of that."""
    content, svg = of_graph(request)
    if not svg:
        raise HTTPException(404, content["reason"] or "there is nothing to draw yet")
    raw = svg.encode("utf-8", "backslashreplace")
    return Response(raw, media_type="image/svg+xml", headers=SANDBOXED)


# A picture that is opened by itself may hold no script that runs, whoever drew it.
SANDBOXED = {"content-security-policy": "default-src 'none'; sandbox"}


def stages(request: Request) -> Response:
    """Answer with the stages that are searched for."""
    site = site_of(request)
    site.follower.refresh()
    search = stage_view.Search(
        text=word(request, "search"),
        states=tuple(words(request).get("state", ())),
        group=word(request, "group"),
        limit=number(request, "limit", STAGES_SHOWN) or 0,
        offset=number(request, "offset") or 0,
    )
    return Json(stage_view.listed(site.live, search))


def stage(request: Request) -> Response:
    """Answer with all that is to be said of a stage."""
    return Json(of_stage(request, named(request, "/api/stage/")))


def of_stage(request: Request, name: str) -> dict[str, Any]:
    """Return all that is to be said of a stage. Raises HTTPException."""
    site = site_of(request)
    site.follower.refresh()
    with site.store() as store:
        try:
            return stage_view.one_stage(site.options, site.live, store, name)
        except KeyError as error:
            raise HTTPException(404, "there is no such stage") from error


def attempts(request: Request) -> Response:
    """Answer with the attempts at a stage, the last one first."""
    most = min(number(request, "limit", RUNS_SHOWN) or 0, run_view.MOST_ATTEMPTS)
    name = named(request, "/api/stage/", "/attempts")
    with site_of(request).store() as store:
        found = [run_view.attempt(one) for one in store.history.attempts_at(name, most)]
    return Json({"stage": name, "attempts": found})


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


def log(request: Request) -> Response:
    """Answer with a piece of what an attempt printed."""
    return Json(of_log(request))


def of_log(request: Request) -> dict[str, Any]:
    """Return a piece of the log that a request asks for. Raises HTTPException."""
    site = site_of(request)
    with site.store() as store:
        found = store.history.attempt(in_path(request, "number"))
    if found is None:
        raise HTTPException(404, "there is no such attempt")
    return {
        **_piece(request, found.details.log, grows=False),
        "ended": True,
        "stage": found.stage,
        "attempt": found.id,
        "run": found.run,
        "state": found.state.value,
        "started": found.started,
        "seconds": found.seconds,
    }


def _piece(request: Request, path: str, *, grows: bool) -> dict[str, Any]:
    most = number(request, "most", logs.MOST_BYTES) or logs.MOST_BYTES
    options, offset = site_of(request).options, number(request, "offset")
    found: dict[str, Any] = _shown(lambda: logs.piece(options, path, offset, most, grows=grows))
    return found


def running_log(request: Request) -> Response:
    """Answer with a piece of what a stage prints that is being built."""
    site = site_of(request)
    name = named(request, "/api/log/running/")
    underway = site.live.running().get(name)
    about = {"stage": name, "ended": underway is None, "attempt": None}
    if underway is None:
        return Json({"text": "", "offset": 0, "next": 0, "size": 0, **about})
    path = logs.running_log(site.options, name, underway.since)
    return Json({**_piece(request, path, grows=True), **about})


def of_preview(request: Request) -> Response:
    """Answer with the first of what is in a target."""
    site, path = site_of(request), word(request, "path")
    with site.store() as store:
        return Json(_shown(lambda: preview.preview(site.options, store, path)))


def raw_image(request: Request) -> Response:
    """Answer with a target that is a picture."""
    site, path = site_of(request), word(request, "path")
    with site.store() as store:
        content, kind = _shown(lambda: preview.image(site.options, store, path))
    return Response(content, media_type=kind, headers=SANDBOXED)


def origins(request: Request) -> Response:
    """Answer with where a target comes from."""
    site, path = site_of(request), word(request, "path")
    with site.store() as store:
        try:
            return Json(origins_view.origins(site.options, site.live, store, path))
        except KeyError as error:
            raise HTTPException(404, "no stage has built it") from error


def of_origins(request: Request, paths: list[str]) -> dict[str, Any]:
    """Return where some targets come from, as text."""
    site = site_of(request)
    with site.store() as store:
        return origins_view.outlines(site.options, site.live, store, paths)


def diff(request: Request) -> Response:
    """Answer with what differs between two runs."""
    numbers = in_path(request, "first"), in_path(request, "second")
    with site_of(request).store() as store:
        try:
            return Json(run_comparison.difference(store, *numbers))
        except KeyError as error:
            raise HTTPException(404, "there is no such run") from error
        except run_comparison.TooFarError as error:
            raise HTTPException(400, str(error)) from error


def _shown(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ConfinedError as error:
        raise HTTPException(404, f"not shown: {error}") from error


async def events(request: Request) -> Response:
    """Answer with a stream of what changes."""
    site = site_of(request)
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    since = request.headers.get("last-event-id", "")
    start = int(since) if since.isascii() and since.isdigit() and len(since) < 17 else None
    moment = number(request, "since", site.live.moment) if start is None else start
    try:
        stream = site.feed.listen(moment or 0, site.teller())
    except FullError as error:
        raise HTTPException(503, "too many listeners", {"retry-after": "10"}) from error
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def numbers(request: Request) -> Response:
    """Answer with metrics for Prometheus."""
    content, kind = metrics(site_of(request))
    return Response(content, media_type=kind)


ROUTES = [
    Route("/api/graph", graph),
    Route("/api/graph.svg", picture),
    Route("/api/stages", stages),
    Route("/api/stage/{name:stage}/attempts", attempts),
    Route("/api/stage/{name:stage}", stage),
    Route("/api/running", running),
    Route("/api/runs", runs),
    Route("/api/run/{number:int}", run),
    Route("/api/log/{number:int}", log),
    Route("/api/log/running/{name:stage}", running_log),
    Route("/api/preview", of_preview),
    Route("/api/preview/raw", raw_image),
    Route("/api/origins", origins),
    Route("/api/diff/{first:int}/{second:int}", diff),
    Route("/api/events", events),
    Route("/metrics", numbers),
]
