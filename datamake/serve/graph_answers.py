"""Answers on the graph and its stages."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datamake.serve import run_view, stage_view
from datamake.serve.answer import SANDBOXED, Json, site_of
from datamake.serve.asked import named, number, query, word, words

STAGES_SHOWN = 100
ATTEMPTS_SHOWN = 50


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
    most = min(number(request, "limit", ATTEMPTS_SHOWN) or 0, run_view.MOST_ATTEMPTS)
    name = named(request, "/api/stage/", "/attempts")
    with site_of(request).store() as store:
        found = [run_view.attempt(one) for one in store.history.attempts_at(name, most)]
    return Json({"stage": name, "attempts": found})


ROUTES = [
    Route("/api/graph", graph),
    Route("/api/graph.svg", picture),
    Route("/api/stages", stages),
    Route("/api/stage/{name:stage}/attempts", attempts),
    Route("/api/stage/{name:stage}", stage),
]
