"""Attacks on the page: each is turned away."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.types import ASGIApp

from datamake.picture.model import Part
from datamake.serve.options import Options, is_loopback, token_for
from datamake.serve.places import addresses
from datamake.serve.security import name_of
from tests.unit.serving import PORT, app_of, ask, site

TOKEN = "correct-horse-battery-staple"
PAGES = ("/", "/runs", "/stage/a", "/run/1", "/log/1")
APIS = (
    "/api/graph",
    "/api/graph.svg",
    "/api/stages",
    "/api/stage/a",
    "/api/stage/a/attempts",
    "/api/running",
    "/api/runs",
    "/api/run/1",
    "/api/log/1",
    "/api/log/running/a",
    "/api/preview?path=a",
    "/api/preview/raw?path=a",
    "/api/events",
    "/metrics",
)


@pytest.fixture
def app(tmp_path: Path) -> ASGIApp:
    return app_of(site(tmp_path, Part("a", makes=("a.txt",))))


@pytest.fixture
def locked(tmp_path: Path) -> ASGIApp:
    return app_of(site(tmp_path, Part("a"), host="0.0.0.0", token=TOKEN))


# DNS rebinding ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8082",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "localhost:8082:evil.example",
        "localhost:evil",
        "localhost/",
        "localhost,evil.example",
        "",
        "[::1",
        "::1",
        "10.0.0.1",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/graph", "/static/style.css", "/login", "/metrics"])
def test_a_page_of_a_strange_name_is_told_nothing(app: ASGIApp, host: str, path: str) -> None:
    answer = ask(app, path, headers={"host": host})
    assert answer.status_code == 403
    assert "graph" not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "localhost", "LOCALHOST:1", "[::1]:8082", "localhost."]
)
def test_this_machine_is_known_by_its_names(app: ASGIApp, host: str) -> None:
    assert ask(app, "/api/graph", headers={"host": host}).status_code == 200


def test_two_host_headers_are_one_too_many(app: ASGIApp) -> None:
    hosts = [("host", "localhost"), ("host", "evil.example")]
    assert ask(app, "/api/graph", headers=hosts).status_code == 403


def test_a_name_that_was_given_is_known(tmp_path: Path) -> None:
    app = app_of(site(tmp_path, Part("a"), names=("builds.example",)))
    assert ask(app, "/api/graph", headers={"host": "builds.example:8082"}).status_code == 200
    assert ask(app, "/api/graph", headers={"host": "x.builds.example"}).status_code == 403


def test_all_that_is_printed_is_known_where_a_machine_listens_to_all_and_nothing_else(
    locked: ASGIApp,
) -> None:
    token = {"authorization": f"Bearer {TOKEN}"}

    def status(host: str) -> int:
        return ask(locked, "/api/graph", headers={"host": host, **token}).status_code

    printed = addresses(Options("/p", "/p/store", host="0.0.0.0"), PORT)
    assert printed[0] == f"http://127.0.0.1:{PORT}/"
    assert [status(urlsplit(address).netloc) for address in printed] == [200] * len(printed)
    for strange in ("evil.example", "203.0.113.7:8082", "0.0.0.0:8082", "0:8082", "[::]:8082"):
        assert status(strange) == 403, strange


def test_names_in_host_headers() -> None:
    assert name_of("a:1") == "a"
    assert name_of("[fe80::1]:80") == "fe80::1"
    assert name_of("[::1]") == "::1"
    assert name_of("a:b") == name_of(":80") == name_of("") == ""


# Reading only ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "WEIRD"])
@pytest.mark.parametrize("path", [*PAGES, *APIS, "/static/style.css"])
def test_nothing_can_be_changed(app: ASGIApp, method: str, path: str) -> None:
    answer = ask(app, path, method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [*PAGES, *APIS, "/nothing", "/static/style.css"])
def test_every_answer_tells_browsers_what_not_to_do(app: ASGIApp, path: str) -> None:
    answer = ask(app, path, "HEAD")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy and "data:" not in policy and "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers
    if not path.startswith("/static/"):
        assert answer.headers["cache-control"] == "no-store"


# The token -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", APIS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"cookie": f"datamake-{PORT}={TOKEN}"},
        {"cookie": f"datamake-{PORT}="},
        {"cookie": "datamake-8083=x; =; \x7f"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Bearer {TOKEN}x"},
    ],
)
def test_who_has_no_token_gets_no_answer(
    locked: ASGIApp, path: str, headers: dict[str, str]
) -> None:
    answer = ask(locked, path, headers=headers)
    assert answer.status_code == 401
    assert answer.text == "a token is needed\n"


@pytest.mark.parametrize("path", PAGES)
def test_who_has_no_token_is_asked_for_it(locked: ASGIApp, path: str) -> None:
    answer = ask(locked, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize(
    "path",
    [
        "/login/../api/graph",
        "/static/../api/graph",
        "/static/%2e%2e/api/graph",
        "/login%3F/api/graph",
        "//api/graph",
        "/API/graph",
        "/login;/api/graph",
        "/static/..%2fapp.py",
        "/api/graph/",
    ],
)
def test_no_detour_leads_around_the_token(locked: ASGIApp, path: str) -> None:
    answer = ask(locked, path)
    assert answer.status_code in (303, 401, 404, 307)
    assert '"nodes"' not in answer.text and "def application" not in answer.text


@pytest.mark.parametrize("given", ["", "wrong", TOKEN[:-1], f"{TOKEN}%00", "%ff", "ü"])
def test_a_wrong_token_in_the_address_opens_nothing(locked: ASGIApp, given: str) -> None:
    answer = ask(locked, f"/?token={given}")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_the_token_leaves_the_address_with_the_first_visit(locked: ASGIApp) -> None:
    first = ask(locked, f"/runs?token={TOKEN}&before=7")
    assert (first.status_code, first.headers["location"]) == (303, "/runs?before=7")
    assert TOKEN not in str(first.headers["set-cookie"])
    assert "HttpOnly" in first.headers["set-cookie"] and "SameSite" in first.headers["set-cookie"]
    cookie = first.headers["set-cookie"].partition(";")[0]
    again = ask(locked, "/api/graph", headers={"cookie": f"other=1; {cookie}"})
    assert again.status_code == 200


@pytest.mark.parametrize("path", ["//evil.example/", "/%5Cevil.example/", "/\\evil.example"])
def test_the_first_visit_leads_nowhere_else(locked: ASGIApp, path: str) -> None:
    to = ask(locked, f"{path}?token={TOKEN}").headers["location"]
    assert to.startswith("/") and not to.startswith(("//", "/\\"))


def test_a_line_break_in_an_address_makes_no_header(locked: ASGIApp) -> None:
    answer = ask(locked, f"/x%0d%0aset-cookie:%20a=b?token={TOKEN}&a=%0d%0ab")
    assert answer.status_code == 303
    assert "\n" not in answer.headers["location"]
    assert len(answer.headers.get_list("set-cookie")) == 1


def test_the_form_lets_in_who_types_the_token(locked: ASGIApp) -> None:
    wrong = ask(locked, "/login", "POST", data={"token": "wrong"})
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
    right = ask(locked, "/login", "POST", data={"token": f" {TOKEN} "})
    assert (right.status_code, right.headers["location"]) == (303, "/")


def test_a_form_without_an_end_is_not_read_to_it(locked: ASGIApp) -> None:
    assert ask(locked, "/login", "POST", content=b"token=" + b"x" * 100_000).status_code == 413


def test_prometheus_shows_the_token_as_a_bearer(locked: ASGIApp) -> None:
    answer = ask(locked, "/metrics", headers={"authorization": f"bearer {TOKEN}"})
    assert answer.status_code == 200


def test_other_hosts_than_this_machine_have_a_token_always() -> None:
    assert token_for("127.0.0.1", {}) == token_for("::1", {}) == token_for("localhost", {}) == ""
    new = token_for("0.0.0.0", {})
    assert len(new) >= 32 and new != token_for("0.0.0.0", {})
    assert token_for("0.0.0.0", {"DATAMAKE_SERVE_TOKEN": TOKEN}) == TOKEN
    assert token_for("127.0.0.1", {"DATAMAKE_SERVE_TOKEN": TOKEN}) == TOKEN


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(Exception, match="at least 16"):
        token_for("0.0.0.0", {"DATAMAKE_SERVE_TOKEN": "secret"})


def test_names_that_only_look_like_this_machine_are_others() -> None:
    assert not any(map(is_loopback, ("", "0.0.0.0", "::", "localhost.evil.example", "127.1")))
