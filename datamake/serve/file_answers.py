"""Answers on files: logs, previews of targets, and where these come from."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datamake.serve import logs, origins_view, preview
from datamake.serve.answer import SANDBOXED, Json, shown, site_of
from datamake.serve.asked import in_path, named, number, word


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
    found: dict[str, Any] = shown(lambda: logs.piece(options, path, offset, most, grows=grows))
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
        return Json(shown(lambda: preview.preview(site.options, store, path)))


def raw_image(request: Request) -> Response:
    """Answer with a target that is a picture."""
    site, path = site_of(request), word(request, "path")
    with site.store() as store:
        content, kind = shown(lambda: preview.image(site.options, store, path))
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


ROUTES = [
    Route("/api/log/{number:int}", log),
    Route("/api/log/running/{name:stage}", running_log),
    Route("/api/preview", of_preview),
    Route("/api/preview/raw", raw_image),
    Route("/api/origins", origins),
]
