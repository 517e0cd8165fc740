"""All that programs may ask for: answers in JSON, the stream of news, and metrics."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from datamake.serve import file_answers, graph_answers, run_answers
from datamake.serve.answer import site_of
from datamake.serve.asked import number
from datamake.serve.feed import FullError
from datamake.serve.metrics import metrics


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
    *graph_answers.ROUTES,
    *run_answers.ROUTES,
    *file_answers.ROUTES,
    Route("/api/events", events),
    Route("/metrics", numbers),
]
