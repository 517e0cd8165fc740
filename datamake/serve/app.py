"""Puts the server's parts together: routes, templates, and the guard before them."""

from __future__ import annotations

import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from datamake.serve import api, pages
from datamake.serve.filters import environment
from datamake.serve.options import Options
from datamake.serve.security import Guard, Key
from datamake.serve.site import Site
from datamake.store_schema import StoreError


def application(options: Options, site: Site, port: int) -> ASGIApp:
    """Return the application for a site that is followed already."""
    static = Mount("/static", StaticFiles(packages=[("datamake.serve", "static")]))
    app = Starlette(
        routes=[*pages.ROUTES, *api.ROUTES, static],
        exception_handlers={
            HTTPException: pages.failed,
            StoreError: pages.failed,
            sqlite3.Error: pages.failed,
            500: pages.failed,
        },
    )
    app.state.site = site
    app.state.templates = environment()
    app.state.key = Key(options.token, port)
    return Guard(app, options, port)
