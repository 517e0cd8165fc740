"""Which files the page shows: logs and targets that the store knows, wherever names lead."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.types import ASGIApp

from datamake.model import AttemptState
from datamake.picture.model import Part
from datamake.serve import logs, preview
from datamake.serve.confined import ConfinedError, confined
from tests.unit.serving import Past, app_of, ask, options, site

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    found = Past(tmp_path)
    yield found
    found.close()


@pytest.fixture
def app(tmp_path: Path) -> ASGIApp:
    return app_of(site(tmp_path, Part("a")))


def log_file(folder: Path, content: bytes, name: str = "a.log") -> str:
    (folder / ".datamake" / "logs").mkdir(parents=True, exist_ok=True)
    (folder / ".datamake" / "logs" / name).write_bytes(content)
    return f".datamake/logs/{name}"


# Logs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside",
        "secret",
        ".datamake/store.sqlite",
        ".datamake/logs/../secret",
        ".datamake/logs",
        ".datamake/logs/",
        ".datamake/logs/link",
        ".datamake/logs/x\0y",
        "/",
        ".datamake/logs/pipe",
        ".datamake/logs/missing",
        ".datamake/logs-other/x",
    ],
)
def test_a_log_that_the_store_names_elsewhere_is_not_shown(
    past: Past, app: ASGIApp, tmp_path: Path, path: str
) -> None:
    log_file(tmp_path, b"fine")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / ".datamake/logs/link").symlink_to(tmp_path / "secret")
    (tmp_path / ".datamake/logs-other").mkdir()
    (tmp_path / ".datamake/logs-other/x").write_text("secret")
    os.mkfifo(tmp_path / ".datamake/logs/pipe")
    number = past.attempt(past.run(), "a", log=path)
    answer = ask(app, f"/api/log/{number}")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("not shown: ")


def test_a_log_of_a_gigabyte_is_shown_by_its_end(past: Past, app: ASGIApp, tmp_path: Path) -> None:
    path = log_file(tmp_path, b"begin\n")
    with open(tmp_path / path, "r+b") as file:
        file.seek(1 << 30)
        file.write(b"\nthe end\n")
    number = past.attempt(past.run(), "a", AttemptState.FAILED, log=path)
    found = ask(app, f"/api/log/{number}").json()
    assert found["text"].endswith("the end\n") and len(found["text"]) <= logs.MOST_BYTES
    assert found["size"] == found["next"] == (1 << 30) + 9
    assert ask(app, "/stage/a").status_code == 200
    assert ask(app, "/api/stage/a").json()["log_tail"][-1] == "the end"


def test_a_log_is_followed_by_offset_and_letters_stay_whole(past: Past, tmp_path: Path) -> None:
    text = "première\n" * 20_000
    path = log_file(tmp_path, text.encode())
    found, offset = "", 0
    while True:
        piece = logs.piece(options(tmp_path), path, offset)
        assert len(piece["text"].encode()) <= logs.MOST_BYTES
        found, offset = found + piece["text"], piece["next"]
        if offset == piece["size"]:
            break
    assert found == text


@pytest.mark.parametrize("letter", ["é", "€", "𝄞"])
def test_a_letter_that_is_half_written_is_waited_for(tmp_path: Path, letter: str) -> None:
    raw = letter.encode()
    for cut in range(1, len(raw)):
        path = log_file(tmp_path, b"ab" + raw[:cut])
        piece = logs.piece(options(tmp_path), path, 0, grows=True)
        assert (piece["text"], piece["next"]) == ("ab", 2)
        assert logs.piece(options(tmp_path), path, 0)["next"] == 2 + cut


def test_bytes_that_are_no_text_do_not_stop_the_reader(tmp_path: Path) -> None:
    path = log_file(tmp_path, b"\xff\xfe\x80" * 10)
    piece = logs.piece(options(tmp_path), path, 0)
    assert piece["next"] == piece["size"] == 30


@pytest.mark.parametrize("offset", ["-1", "x", "1e9", "99999999999999999999", "%00", "1 "])
def test_an_offset_that_is_no_number_is_refused(app: ASGIApp, past: Past, offset: str) -> None:
    number = past.attempt(past.run(), "a")
    assert ask(app, f"/api/log/{number}?offset={offset}").status_code == 400


def test_an_offset_behind_the_end_is_the_end(tmp_path: Path) -> None:
    path = log_file(tmp_path, b"abc")
    piece = logs.piece(options(tmp_path), path, 10**12)
    assert (piece["text"], piece["next"]) == ("", 3)


def test_secrets_in_a_log_stand_as_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", "s3cr3t-value")
    path = log_file(tmp_path, b"key=s3cr3t-value\n")
    assert logs.piece(options(tmp_path), path, None)["text"] == "key=$MY_API_KEY\n"


def test_the_log_of_a_running_attempt_is_the_last_one_of_its_stage(tmp_path: Path) -> None:
    for name in (
        "a_2026-01-02T03-04-05.log",
        "a_2026-01-02T03-04-06.log",
        "a_2026-01-02T03-04-06~2.log",
        "a_b_2026-01-02T03-04-09.log",
        "a_2025-01-02T03-04-09.txt",
    ):
        log_file(tmp_path, b"x", name)
    found = logs.running_log(options(tmp_path), "a", 0.0)
    assert found == ".datamake/logs/a_2026-01-02T03-04-06~2.log"
    assert logs.running_log(options(tmp_path), "a", 4e9) == ""
    assert logs.running_log(options(tmp_path), "../a", 0.0) == ""


# Targets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "secret.txt",
        "/etc/passwd",
        "../x.txt",
        "./a.csv",
        "out/../a.csv",
        "a.csv/",
        "",
        "a.csv\0",
        ".datamake/store.sqlite",
        "A.CSV",
        "dodo.py",
    ],
)
def test_only_what_a_stage_has_built_is_shown(
    past: Past, app: ASGIApp, tmp_path: Path, path: str
) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "dodo.py").write_text("secret")
    past.built("a", "a.csv")
    answer = ask(app, f"/api/preview?path={quote(path)}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_target_that_leads_elsewhere_is_not_shown(
    past: Past, app: ASGIApp, tmp_path: Path
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text("secret")
    (tmp_path / "a.txt").symlink_to(outside)
    (tmp_path / "folder").symlink_to(tmp_path.parent)
    (tmp_path / "own.txt").symlink_to(tmp_path / ".datamake" / "store.sqlite")
    names = ("a.txt", f"folder/{outside.name}", "own.txt", str(outside))
    past.built("a", *names)
    for name in names:
        assert ask(app, f"/api/preview?path={name}").status_code == 404


def test_what_is_no_regular_file_is_not_waited_for(
    past: Past, app: ASGIApp, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket.txt"))
        past.built("a", "pipe.txt", "folder.txt", "socket.txt")
        for name in ("pipe.txt", "folder.txt", "socket.txt"):
            assert ask(app, f"/api/preview?path={name}").status_code == 404


def test_previews_can_be_switched_off(past: Past, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")
    past.built("a", "a.csv")
    off = app_of(site(tmp_path, Part("a", makes=("a.csv",)), preview=False))
    assert ask(off, "/api/preview?path=a.csv").status_code == 404
    assert ask(off, "/api/preview/raw?path=a.csv").status_code == 404
    assert ask(off, "/api/stage/a").json()["targets"][0]["previewable"] is False


def test_the_first_rows_of_a_table_are_shown(past: Past, app: ASGIApp, tmp_path: Path) -> None:
    lines = "".join(f'{n},"a,""b"\n' for n in range(1000))
    (tmp_path / "a.csv").write_text(f"n,text\n{lines}")
    past.built("a", "a.csv")
    found = ask(app, "/api/preview?path=a.csv").json()
    assert found["columns"] == ["n", "text"]
    assert len(found["rows"]) == preview.MOST_ROWS
    assert found["rows"][0] == ["0", 'a,"b']


def test_a_table_of_one_endless_line_is_cut(past: Past, app: ASGIApp, tmp_path: Path) -> None:
    with open(tmp_path / "a.csv", "wb") as file:
        file.write(b"x," * 100_000)
        file.truncate(1 << 30)
    past.built("a", "a.csv")
    found = ask(app, "/api/preview?path=a.csv").json()
    assert len(found["columns"]) == preview.MOST_COLUMNS
    assert found["truncated"]


def test_rows_of_parquet_are_shown(past: Past, app: ASGIApp, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"n": list(range(100)), "text": ["<b>"] * 100})
    pq.write_table(table, tmp_path / "a.parquet")
    past.built("a", "a.parquet")
    found = ask(app, "/api/preview?path=a.parquet").json()
    assert (found.get("columns"), found.get("total")) == (["n", "text"], 100), found
    assert found["rows"][1] == ["1", "<b>"]


def test_a_file_that_is_no_parquet_is_said_to_be_none(
    past: Past, app: ASGIApp, tmp_path: Path
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")
    past.built("a", "a.parquet")
    found = ask(app, "/api/preview?path=a.parquet").json()
    assert found["kind"] == "none" and found["reason"]


def test_a_picture_is_served_where_no_script_in_it_can_run(
    past: Past, app: ASGIApp, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    past.built("a", "a.png", "a.svg")
    for name, kind in (("a.png", "image/png"), ("a.svg", "image/svg+xml")):
        answer = ask(app, f"/api/preview/raw?path={name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_that_calls_itself_a_picture_is_served_as_one(
    past: Past, app: ASGIApp, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text("<script>alert(1)</script>")
    past.built("a", "a.html")
    assert ask(app, "/api/preview/raw?path=a.html").status_code == 404
    found = ask(app, "/api/preview?path=a.html")
    assert found.headers["content-type"] == "application/json"
    assert found.json()["kind"] == "text"


def test_a_huge_picture_is_not_read(past: Past, app: ASGIApp, tmp_path: Path) -> None:
    with open(tmp_path / "a.png", "wb") as file:
        file.truncate(1 << 30)
    past.built("a", "a.png")
    assert ask(app, "/api/preview/raw?path=a.png").status_code == 404


def test_what_is_put_in_a_files_place_while_it_is_opened_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "secret").write_text("secret")
    os.link(tmp_path / "secret", tmp_path / "logs" / "fine")
    (tmp_path / "logs" / "link").symlink_to("../secret")
    with confined(str(tmp_path / "logs" / "fine"), str(tmp_path / "logs")) as descriptor:
        assert os.read(descriptor, 10) == b"secret"
    with (
        pytest.raises(ConfinedError, match="elsewhere"),
        confined(str(tmp_path / "logs" / "link"), str(tmp_path / "logs")),
    ):
        pass
