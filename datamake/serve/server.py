"""Listens, serves, and ends: all that a server does from its start to a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from doit.exceptions import InvalidCommand

from datamake.serve.app import application
from datamake.serve.options import Options
from datamake.serve.site import Site

MOST_CONNECTIONS = 256
GRACE_SECONDS = 2
NICENESS = 5


class Server(uvicorn.Server):
    """A server that ends its streams when it is told to end: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in order; the second Ctrl-C ends at once.

        The signal is not raised again afterwards, as uvicorn would: what is behind it must run.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._site.feed.open()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all connections."""
        self._site.feed.close()
        await super().shutdown(sockets)


def serve(options: Options, listening: Callable[[int], None]) -> None:
    """Serve until a signal ends it; `listening` is called with the port once somebody may come.

    Raises InvalidCommand where nothing can listen there.
    """
    with bound(options.host, options.port) as sock:
        port = sock.getsockname()[1]
        os.nice(NICENESS)
        site = Site(options)
        config = uvicorn.Config(
            application(options, site, port),
            log_level="warning",
            # Addresses may hold the token, once.
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="off",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        site.follower.start()
        try:
            listening(port)
            asyncio.run(Server(config, site).serve([sock]))
        finally:
            site.follower.stop()


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises InvalidCommand where that can't be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if host == "::":  # both kinds of addresses, whatever is usual on this machine
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(place)
            sock.listen(128)
        except BaseException:
            sock.close()
            raise
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidCommand(
            f"nothing can listen on {host}:{port}: {why}. `doit serve --status` tells whether it is"
            " this project's page; `--port 0` takes any port that is free"
        ) from error
    return sock
