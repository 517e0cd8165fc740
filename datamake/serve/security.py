"""Who is let in, and what browsers are told not to do with a page."""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from blake3 import blake3
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datamake.serve.options import Options
from datamake.serve.places import known_names

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOGIN = "/login"
METHODS = frozenset({"GET", "HEAD"})


class Guard:
    """Lets requests through that come under a known name, and with the token if there is one."""

    def __init__(self, app: ASGIApp, options: Options, port: int) -> None:
        self._app = app
        self._key = Key(options.token, port)
        self._names = known_names(options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
                return
            raise RuntimeError(f"nothing is served over {scope['type']}")
        refusal = self._refusal(Request(scope))
        dressed = Dressed(send, is_static=scope["path"].startswith("/static/"))
        await (refusal or self._app)(scope, receive, dressed)

    def _refusal(self, request: Request) -> Response | None:
        if not self._knows(request.headers):
            return refused(403, "this server is not known under that name: see --name")
        path: str = request.scope["path"]
        if request.method not in METHODS and (request.method, path) != ("POST", LOGIN):
            return refused(405, "nothing can be changed here", allow="GET, HEAD")
        if not self._key.is_asked or path == LOGIN or path.startswith("/static/"):
            return None
        if self._key.opens(request.headers.get("cookie", ""), request.headers):
            return None
        return self._visit(request)

    def _visit(self, request: Request) -> Response:
        """Answer the first visit: one with the token in its address is sent on without it."""
        path: str = request.scope["path"]
        words = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in words if name == "token"]
        if given and self._key.fits(given[-1]):
            rest = urlencode([(name, value) for name, value in words if name != "token"])
            return self._key.admitted(_local(path) + (f"?{rest}" if rest else ""))
        if given or path.startswith(("/api/", "/metrics")):
            return refused(401, "a token is needed", **{"www-authenticate": "Bearer"})
        return RedirectResponse(LOGIN, 303)

    def _knows(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and name_of(hosts[0]) in self._names


class Key:
    """The token of a server, "" for none, and the cookie that stands for it afterwards.

    Browsers send a cookie to every port of a host, so it is called after the port and does not
    hold the token itself.
    """

    def __init__(self, token: str, port: int) -> None:
        self._token = token.encode()
        self.cookie = f"datamake-{port}"
        self._pass = blake3(self._token, derive_key_context="datamake page cookie").hexdigest()

    @property
    def is_asked(self) -> bool:
        """Whether there is a token."""
        return bool(self._token)

    def fits(self, given: str) -> bool:
        """Whether this is the token; how long that takes says nothing about it."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def opens(self, cookies: str, headers: Headers) -> bool:
        """Whether a request shows the cookie, or the token as a bearer."""
        scheme, _, word = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.fits(word.strip()):
            return True
        try:
            shown = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return shown is not None and hmac.compare_digest(
            shown.value.encode("utf-8", "replace"), self._pass.encode()
        )

    def admitted(self, to: str) -> Response:
        """Return the answer to who showed the token: a cookie, and where to go on."""
        response = RedirectResponse(to, 303)
        response.set_cookie(self.cookie, self._pass, httponly=True, samesite="lax", path="/")
        return response


class Dressed:
    """Sends an answer with the headers that every one of them has."""

    def __init__(self, send: Send, *, is_static: bool) -> None:
        self._send = send
        self._cache = "no-cache" if is_static else "no-store"

    async def __call__(self, message: Message) -> None:
        """Send one part of it."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", self._cache)
        await self._send(message)


def refused(status: int, why: str, **headers: str) -> Response:
    """Return an answer that says in a line why there is no other."""
    return PlainTextResponse(f"{why}\n", status, headers)


def name_of(host: str) -> str:
    """Return the name in a Host header, without the port; "" for what is none."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name and not host.startswith(":"):
        name, port = host, ""
    if port and not (port.isascii() and port.isdigit()):
        return ""
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    return bare.lower().rstrip(".") if ":" not in bare or name != bare else ""


def _local(path: str) -> str:
    """Return a path that leads nowhere but to this server."""
    return f"/{path.lstrip('/')}"
