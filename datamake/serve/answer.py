"""What all answers are made of: the site that is asked, JSON, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from datamake.serve.confined import ConfinedError
from datamake.serve.site import Site

# A picture that is opened by itself may hold no script that runs, whoever drew it.
SANDBOXED = {"content-security-policy": "default-src 'none'; sandbox"}


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


def shown(read: Callable[[], Any]) -> Any:
    """Return what a file has to show. Raises HTTPException where it is not shown."""
    try:
        return read()
    except ConfinedError as error:
        raise HTTPException(404, f"not shown: {error}") from error
