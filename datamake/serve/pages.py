"""The pages: what the JSON says, in templates that escape everything."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from datamake.picture.selection import EVERYTHING
from datamake.serve import file_answers, graph_answers, run_answers
from datamake.serve.answer import Json, site_of
from datamake.serve.asked import named, number, query
from datamake.serve.graph_view import Query
from datamake.serve.security import LOGIN, Key
from datamake.serve.stage_view import Search, listed
from datamake.store_schema import StoreError

MOST_FORM_BYTES = 4_096
TITLES = {
    401: "A token is needed",
    403: "Not allowed",
    404: "There is nothing here",
    405: "Nothing can be changed here",
    503: "Not now",
}


def page(request: Request, name: str, code: int = 200, **context: Any) -> Response:
    """Return a page from a template, with a status code."""
    templates: Environment = request.app.state.templates
    text = templates.get_template(f"{name}.html").render(
        project=site_of(request).options.name, page=name, **context
    )
    return Response(text.encode("utf-8", "backslashreplace"), code, media_type="text/html")


def graph(request: Request) -> Response:
    """Show the graph."""
    site_of(request).follower.refresh()
    content, svg = graph_answers.of_graph(request)
    asked = query(request)
    return page(
        request,
        "graph",
        graph=content,
        svg=Markup(svg),
        svg_error=content["reason"],
        query=as_words(asked),
        with_files=with_files(asked),
        stages=listed(site_of(request).live, Search()),
        counts=content["counts"],
        last_event=content["last_event"],
    )


def as_words(asked: Query) -> dict[str, Any]:
    """Return a query as an address has it."""
    return {
        "stage": asked.stage,
        "up": "all" if asked.up == EVERYTHING else asked.up,
        "down": "all" if asked.down == EVERYTHING else asked.down,
        "open": sorted(asked.unfolded),
        "stages": asked.stages,
        "files": asked.files,
    }


def with_files(asked: Query) -> str:
    """Return the address of the graph with the files of what is asked for, however many."""
    around = {name: value for name, value in as_words(asked).items() if name in ("up", "down")}
    words = {"stage": asked.stage, **around} if asked.stage else {}
    opened = [("open", name) for name in sorted(asked.unfolded)]
    return f"/?{urlencode([*words.items(), *opened, ('files', '1')], errors='surrogateescape')}"


def stage(request: Request) -> Response:
    """Show one stage."""
    site = site_of(request)
    moment = site.live.moment
    found = graph_answers.of_stage(request, named(request, "/stage/"))
    origins = file_answers.of_origins(request, [file["path"] for file in found["targets"]])
    return page(request, "stage", stage=found, origins=origins, last_event=moment)


def runs(request: Request) -> Response:
    """Show what runs now, and past runs."""
    site = site_of(request)
    moment = site.live.moment
    with site.store() as store:
        running = site.running(store)
    found = run_answers.of_runs(request)
    return page(
        request,
        "runs",
        running=running,
        runs=found["runs"],
        older=found["older"],
        last_event=moment,
    )


def run(request: Request) -> Response:
    """Show one run."""
    moment = site_of(request).live.moment
    found, others = run_answers.of_run(request), run_answers.of_neighbours(request)
    return page(request, "run", run=found, **others, last_event=moment)


def diff(request: Request) -> Response:
    """Show what differs between two runs."""
    return page(request, "diff", **run_answers.of_diff(request))


def diff_of(request: Request) -> Response:
    """Lead to the difference of the two runs that were chosen in a form."""
    first, second = number(request, "from"), number(request, "to")
    if first is None or second is None:
        raise HTTPException(400, "it takes two runs to see what differs: from and to")
    return RedirectResponse(f"/diff/{first}/{second}", 303)


def log(request: Request) -> Response:
    """Show what an attempt printed."""
    return page(request, "log", log=file_answers.of_log(request))


async def login(request: Request) -> Response:
    """Ask for the token, and let in who has it."""
    key: Key = request.app.state.key
    if request.method != "POST":
        return page(request, "login", action=LOGIN, wrong=False)
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_FORM_BYTES:
            raise HTTPException(413, "a token is shorter")
    given = parse_qs(content.decode("utf-8", "replace")).get("token", [""])[-1]
    if key.is_asked and key.fits(given.strip()):
        return key.admitted("/")
    return page(request, "login", 401, action=LOGIN, wrong=True)


async def failed(request: Request, error: Exception) -> Response:
    """Say what is wrong, in JSON or on a page."""
    status, detail, headers = 500, "the server has an error of its own", {}
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, error.detail, dict(error.headers or {})
    elif isinstance(error, StoreError | sqlite3.Error):
        status, detail = 503, str(error)
    if request.scope["path"].startswith(("/api/", "/metrics")):
        response: Response = Json({"error": detail}, status)
    else:
        title = TITLES.get(status, "This did not work")
        response = page(request, "error", status, status=status, title=title, detail=detail)
    response.headers.update(headers)
    return response


ROUTES = [
    Route("/", graph),
    Route("/stage/{name:stage}", stage),
    Route("/runs", runs),
    Route("/run/{number:int}", run),
    Route("/diff/{first:int}/{second:int}", diff),
    Route("/diff", diff_of),
    Route("/log/{number:int}", log),
    Route(LOGIN, login, methods=["GET", "POST"]),
]
