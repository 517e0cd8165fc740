"""Runs, attempts, numbers and errors as the page and its JSON tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamake.model import AttemptState, State
from datamake.past import RunState
from datamake.picture.model import Part
from datamake.serve.api import ROUTES
from datamake.serve.drawing import CLASSES
from datamake.serve.filters import ANSI, iso, moment, shown_lines, stage_path, written
from datamake.serve.snapshot import FAILED as FAILED_STATE
from datamake.serve.snapshot import RUNNING
from tests.unit.pictures import HOSTILE
from tests.unit.serving import Past, app_of, ask, site

FAILED = AttemptState.FAILED
ROOT = Path(__file__).parents[2]


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    found = Past(tmp_path)
    yield found
    found.close()


def test_a_run_shows_what_failed_first(past: Past, tmp_path: Path) -> None:
    app = app_of(site(tmp_path, Part("a")))
    run = past.run("doit -n 2")
    past.attempt(run, "a")
    past.attempt(run, "b", FAILED, failure="ValueError: no", worker=7)
    past.attempt(run, "c")
    past.store.history.end(run, RunState.FAILED, {"built": 2, "failed": 1})
    found = ask(app, f"/api/run/{run}").json()
    assert [one["stage"] for one in found["attempts"]] == ["b", "a", "c"]
    assert found["attempts"][0]["failure"] == "ValueError: no"
    assert (found["state"], found["failed"], found["more"]) == ("failed", ["b"], False)
    assert "ValueError: no" in ask(app, f"/run/{run}").text


@pytest.mark.parametrize(
    ("values", "is_there"),
    [(("n=10", "n=20"), True), (("n=10", ""), True), (("n=10", "n=10"), False), (("", ""), False)],
)
def test_a_stage_shows_parameters_where_attempts_differ_in_them(
    past: Past, tmp_path: Path, values: tuple[str, ...], is_there: bool
) -> None:
    run = past.run()
    for value in values:
        past.attempt(run, "a", parameters=value)
    app = app_of(site(tmp_path, Part("a")))
    page = ask(app, "/stage/a").text
    assert ('<th scope="col">Parameters</th>' in page) is is_there
    for value in set(values) - {""}:
        assert page.count(f"<td><code>{value}</code></td>") == (1 if is_there else 0)
    on_run = ask(app, f"/run/{run}").text
    assert ('<th scope="col">Parameters</th>' in on_run) is any(values)


def test_runs_are_turned_over_by_their_ids(past: Past, tmp_path: Path) -> None:
    app = app_of(site(tmp_path))
    ids = [past.run() for _ in range(5)]
    first = ask(app, "/api/runs?limit=2").json()
    assert [one["id"] for one in first["runs"]] == [ids[4], ids[3]]
    rest = ask(app, f"/api/runs?limit=9&before={first['older']}").json()
    assert [one["id"] for one in rest["runs"]] == [ids[2], ids[1], ids[0]]
    assert rest["older"] is None


@pytest.mark.parametrize("path", ["/run/0", "/run/99", "/log/99", "/stage/nope", "/nothing"])
def test_what_is_not_there_is_said_on_a_page_and_in_json(
    past: Past, tmp_path: Path, path: str
) -> None:
    app = app_of(site(tmp_path, Part("a")))
    page, data = ask(app, path), ask(app, f"/api{path}")
    assert page.status_code == data.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert data.json()["error"]


@pytest.mark.parametrize("number", ["99999999999999999999999999", "9223372036854775808"])
def test_a_number_that_no_row_can_have_is_none(past: Past, tmp_path: Path, number: str) -> None:
    app = app_of(site(tmp_path))
    assert ask(app, f"/api/run/{number}").status_code == 404
    assert ask(app, f"/api/log/{number}").status_code == 404


def test_a_stage_that_was_renamed_keeps_its_past(past: Past, tmp_path: Path) -> None:
    past.attempt(past.run(), "old")
    found = ask(app_of(site(tmp_path, Part("new"))), "/api/stage/old").json()
    assert (found["known"], len(found["attempts"])) == (False, 1)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("\udce9raw",)])
def test_hostile_texts_from_the_store_are_text_on_every_page(
    past: Past, tmp_path: Path, name: str
) -> None:
    run = past.run(name)
    past.attempt(run, name, FAILED, failure=name, reasons=(name,), where=((name, name),))
    app = app_of(site(tmp_path, Part(name, {name: ()}, (f"{name}.out",), doc=name)))
    for path in ("/", "/runs", f"/run/{run}", stage_path(name), "/log/1"):
        answer = ask(app, path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text and "<b>x</b>" not in answer.text
    assert ask(app, f"/api{stage_path(name)}").json()["name"] == name


def test_json_is_ascii_and_holds_names_that_are_no_text(past: Past, tmp_path: Path) -> None:
    past.attempt(past.run(), "caf\udce9")
    raw = ask(app_of(site(tmp_path, Part("caf\udce9"))), "/api/stages").content
    assert raw.isascii() and json.loads(raw)["stages"][0]["name"] == "caf\udce9"


def test_secrets_reach_no_page(past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2hunter2")
    secret = "hunter2hunter2"
    run = past.run()
    past.attempt(run, "a", FAILED, failure=secret, reasons=(secret,), parameters=f"p={secret}")
    app = app_of(site(tmp_path, Part("a")))
    for path in ("/stage/a", f"/run/{run}", "/api/stage/a", f"/api/run/{run}"):
        assert secret not in ask(app, path).text


def test_numbers_for_prometheus(past: Past, tmp_path: Path) -> None:
    run = past.run()
    past.attempt(run, "a")
    past.attempt(run, "a", FAILED)
    past.attempt(run, "b", FAILED)
    text = ask(app_of(site(tmp_path, Part("a"), Part("b"))), "/metrics").text
    assert 'datamake_stages{state="stale"} 2.0' in text
    assert 'datamake_attempts_total{state="failed"} 2.0' in text
    assert 'datamake_attempt_seconds_total{state="built"} 0.5' in text
    assert "datamake_loadable 1.0" in text


def test_a_store_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / ".datamake").mkdir()
    (tmp_path / ".datamake" / "store.sqlite").write_bytes(b"no database" * 1000)
    app = app_of(site(tmp_path, Part("a")))
    for path in ("/api/runs", "/api/stage/a", "/runs"):
        answer = ask(app, path)
        assert answer.status_code == 503
        assert "store.sqlite" in answer.text and "Traceback" not in answer.text


def test_what_a_terminal_would_obey_is_left_out() -> None:
    text = "\x1b[31mred\x1b[0m\t\x1b]8;;http://evil\x07link\x1b]8;;\x07 \x1bM\u202e\x00end\r\nnext"
    assert shown_lines(text) == "red\tlink \\u202e\\x00end\nnext"
    assert ANSI.sub("", "\x1b[38;5;1mx\x1b[K") == "x"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["# stage: a", "  one", "! two", "# built in 1 s"], ["one", "two"]),
        (["  one", "two"], ["  one", "two"]),
        ([], []),
    ],
)
def test_of_a_log_what_actions_wrote_is_shown(lines: list[str], shown: list[str]) -> None:
    assert written(lines) == shown


def test_of_many_neighbours_all_are_counted(past: Past, tmp_path: Path) -> None:
    parts = [Part(f"up{n}", makes=(f"f{n}",)) for n in range(300)]
    many = Part("many", {f"f{n}": (f"up{n}",) for n in range(300)})
    app = app_of(site(tmp_path, *parts, many))
    found = ask(app, "/api/stage/many").json()
    assert (len(found["upstream"]), found["counts"]["upstream"]) == (200, 300)
    assert "and 260 more" in ask(app, "/stage/many").text


def test_times_and_addresses() -> None:
    assert (moment(None), iso(None)) == ("", "")
    assert iso(0.0)[-6] in "+-" and iso(0.0)[-3] == ":"
    assert stage_path("a/../b") == "/stage/a%2F..%2Fb"
    assert stage_path("caf\udce9") == "/stage/caf%E9"


def test_every_answer_for_programs_is_described() -> None:
    described = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
    for route in ROUTES:
        words = route.path.replace("{name:stage}", "NAME").replace("/run/{number:int}", "/run/ID")
        words = words.replace("{first:int}/{second:int}", "RUN/RUN")
        assert words.replace("{number:int}", "ATTEMPT") in described


def test_every_state_of_a_stage_has_a_class_of_its_own() -> None:
    states = {state.value for state in State} | {RUNNING, FAILED_STATE, "source", "missing"}
    assert CLASSES.keys() == states
    assert len(set(CLASSES.values())) == len(states)
