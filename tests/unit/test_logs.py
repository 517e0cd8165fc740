"""Logs of attempts: their names, what they begin and end with, which of them stay."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datamake.log_names import FOLDER, LogName, log_name, moment, stage_part
from datamake.log_text import Head, decorated, ending, foot, head, one_line, undecorated
from datamake.logs import AttemptLog, Logs, Typed, foot_lines, sweep
from datamake.model import AttemptState, Stage, State, Verdict
from datamake.outcome import Failure, Outcome, Output
from datamake.past_logs import PastLog, past_logs
from datamake.policy import Retention
from datamake.process import Process
from datamake.store_rows import Underway

NOON = time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1))
NAMES = [
    *("squares", "group:data/a.txt", "with space", "line\nbreak", "not \udcff utf-8", "..", ".hid"),
    *("ä" * 300, "100%", "a_2026-11-22T12-00-00", "~2", "a~2.log"),
]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".datamake").mkdir()
    return tmp_path


def typed(stage: str = "squares", parameters: str = "n=20") -> Typed:
    return Typed(stage, parameters, "doit squares n=20", "3, attempt 1 of 1")


def logs(said: list[str] | None = None, **retention: float) -> Logs:
    return Logs(os.getcwd(), Retention(**retention), ([] if said is None else said).append)  # type: ignore[arg-type]


def begun(a_run: Logs, stage: str = "squares", started: float = NOON) -> AttemptLog:
    log = a_run.begin(typed(stage), started)
    assert log is not None
    return log


def names() -> list[str]:
    return sorted(os.listdir(FOLDER))


# Names ---------------------------------------------------------------------------------


def test_a_name_says_stage_time_and_values() -> None:
    assert log_name("squares", NOON, "n=20") == "squares_2026-11-22T12-00-00_n20.log"
    assert log_name("squares", NOON, "") == "squares_2026-11-22T12-00-00.log"
    values = "origin=JFK path=a/b c since=2026-01-31T10:00"
    said = "delays_2026-11-22T12-00-00_originJFK_patha-b_c_since2026-01-31T10-00~3.log"
    assert log_name("delays", NOON, values, 3) == said


@pytest.mark.parametrize("stage", NAMES, ids=ascii)
@pytest.mark.parametrize("values", ["", "n=20", "n=-2", "name=" + "ü" * 300, "when=x_2026~7"])
@pytest.mark.parametrize("count", [1, 2, 11])
def test_any_stage_is_known_again_by_the_name_of_its_log(
    root: Path, stage: str, values: str, count: int
) -> None:
    name = log_name(stage, NOON, values, count)
    (root / name).touch()
    assert os.listdir(root) == [".datamake", name] or os.listdir(root) == [name, ".datamake"]
    read = LogName.read(name)
    assert read is not None
    assert (read.stage, read.moment, read.count) == (stage_part(stage), moment(int(NOON)), count)


@pytest.mark.parametrize("name", ["notes.txt", "squares.log", "squares_2026-11-22.log", ".log"])
def test_other_files_are_no_logs(name: str) -> None:
    assert LogName.read(name) is None


def test_logs_from_one_second_have_names_of_their_own() -> None:
    a_run = logs()
    paths = [begun(a_run).path for _ in range(3)]
    stem = f"{FOLDER}/squares_2026-11-22T12-00-00_n20"
    assert paths == [f"{stem}.log", f"{stem}~2.log", f"{stem}~3.log"]
    assert [log.path for log in past_logs("squares")] == paths[::-1]


# What is in it -------------------------------------------------------------------------


@pytest.mark.parametrize("stage", NAMES, ids=ascii)
def test_a_head_is_read_as_it_was_written(stage: str) -> None:
    text = head(stage, "n=20", "doit 'a\nb'", "3, attempt 1 of 2", (4711, "delta", NOON))
    read = Head.read(f"{text}  output\n# stage: forged\n".encode("utf-8", "backslashreplace"))
    assert read is not None
    assert (read.stage, read.parameters) == (one_line(stage), "n=20")
    assert (read.command, read.run) == ("doit 'a\\nb'", "3, attempt 1 of 2")
    assert (read.process, read.host) == (4711, "delta")
    assert read.text() == text


@pytest.mark.parametrize("raw", [b"", b"\0\xff", b"# stage: a\n", b"  # stage: a\n# started: x\n"])
def test_what_has_no_head_is_no_log(raw: bytes) -> None:
    assert Head.read(raw) is None


def test_secrets_are_in_no_head_and_no_foot(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2!")
    command = "doit load db=x:hunter2! api_key='s3cret word' n=2"
    log = logs().begin(Typed("load", "api_key=s3cret n=2", command, "1"), NOON)
    assert log is not None
    log.end("failed", 1.0, ["no access with hunter2!"])
    text = (root / log.path).read_text()
    assert "hunter2" not in text
    assert "s3cret" not in text
    assert "# parameters: api_key=(hidden) n=2\n" in text
    assert "# command: doit load db=x:$DB_PASSWORD api_key=(hidden) n=2\n" in text
    assert "# no access with $DB_PASSWORD\n" in text


def test_a_foot_lists_what_was_made(root: Path) -> None:
    (root / "a.txt").write_text("1234")
    os.utime(root / "a.txt", (NOON, NOON))
    outcome = Outcome(Verdict(Stage("s"), State.STALE), outputs=(Output("a.txt", 4),))
    lines = list(foot_lines(outcome, {"a.txt": "50cc11"}))
    zone = time.strftime("%z", time.localtime(NOON))
    assert lines == [f"target: a.txt  4 bytes  blake3 50cc11  2026-11-22T12:00:00{zone}"]


def test_a_foot_says_what_failed_and_where() -> None:
    failure = Failure("ValueError: bad", (("t.py:3, in f", "raise"),), (), "trace.txt")
    outcome = Outcome(Verdict(Stage("s"), State.STALE), failure=failure, unfinished=("f/a.txt",))
    assert list(foot_lines(outcome, {})) == [
        "ValueError: bad",
        "t.py:3, in f",
        "    raise",
        "whole traceback: trace.txt",
        "unfinished target: f/a.txt",
    ]


@pytest.mark.parametrize("state", ["built", "failed", "interrupted"])
def test_an_ending_is_read_as_it_was_written(state: str) -> None:
    assert ending(foot(state, 0.02, NOON, "two\nlines").encode()) == state


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  output\n",
        b"  # built in 1.000 s at 2026-11-22T12:00:00+0100\n",  # an action's own words
        b"# built in 1.000 s at 2026-11-22T12:00:00+0100",  # not to its end
        b"# built in 1.000 s at 2026-11-22T12:00:00+0100\n  more\n",
    ],
)
def test_what_does_not_end_with_a_foot_has_no_ending(raw: bytes) -> None:
    assert ending(raw) == ""


def test_an_unfinished_line_of_a_killed_action_does_not_hide_the_foot(root: Path) -> None:
    log = begun(logs())
    with open(log.path, "ab") as file:
        file.write(b"  half a li")
    log.end("failed", 1.0)
    assert "  half a li\n# failed in 1.000 s" in (root / log.path).read_text()


def test_marks_are_put_before_lines_and_taken_off_again() -> None:
    text = decorated("one\ntwo", "  ", None) + decorated("!\n", "! ", "  ")
    text += decorated("\nlast\n", "  ", None)
    assert text == "  one\n  two\n! !\n  \n  last\n"
    for length in range(1, len(text)):
        chunks = [text[at : at + length] for at in range(0, len(text), length)]
        joined: dict[int, tuple[str, str]] = {}
        number = 0
        for mark, piece in undecorated(chunks):
            joined[number] = (mark, joined.get(number, (mark, ""))[1] + piece)
            number += piece.endswith("\n")
        lines = [("  ", "one\n"), ("  ", "two\n"), ("! ", "!\n"), ("  ", "\n"), ("  ", "last\n")]
        assert list(joined.values()) == lines


# How an attempt stands -----------------------------------------------------------------


def test_an_attempt_runs_while_its_process_holds_the_lease() -> None:
    log = begun(logs())
    found = next(past_logs("squares"))
    mine = Underway("squares", (), Process.current())
    other = Underway("cubes", (), Process.current())
    dead = Underway("squares", (), Process(os.getpid(), mine.process.host, "1", boot="another"))
    assert found.state(lambda: [other, mine]) is AttemptState.RUNNING
    assert found.state(lambda: [other, dead]) is AttemptState.INTERRUPTED
    log.end("built", 1.0)
    assert found.state(lambda: [mine]) is AttemptState.BUILT


def test_one_that_ends_while_one_looks_is_not_taken_for_cut() -> None:
    log = begun(logs())

    def ended() -> list[Underway]:
        log.end("built", 1.0)
        return []

    assert next(past_logs("squares")).state(ended) is AttemptState.BUILT


def test_what_is_added_is_followed_to_the_end() -> None:
    log = begun(logs())
    mine = Underway("squares", (), Process.current())

    def add(raw: bytes) -> None:
        with open(log.path, "ab") as file:
            file.write(raw)

    steps: list[Callable[[], object]] = [
        lambda: add(b"  caf\xc3"),
        lambda: add(b"\xa9\n"),
        lambda: log.end("built", 1.0),
    ]
    seen = ""
    for text in next(past_logs("squares")).followed(lambda: [mine]):
        seen += text
        if not text and steps:
            steps.pop(0)()
    assert "  café\n# built in" in seen
    assert not steps


# Which stay ----------------------------------------------------------------------------


def test_the_newest_stay_and_none_is_older_than_allowed() -> None:
    a_run, now = logs(), time.time()
    for days in (0.1, 1, 2, 40, 50):
        begun(a_run, f"s{days}", now - days * 86_400).end("failed", 1.0)
    (Path(FOLDER) / "notes.txt").touch()
    sweep(Retention(logs_keep=10, logs_days=30), ["s50"])
    assert [name.split("_")[0] for name in names()] == ["notes.txt", "s0.1", "s1", "s2", "s50"]
    sweep(Retention(logs_keep=2, logs_days=30), [])
    assert [name.split("_")[0] for name in names()] == ["notes.txt", "s0.1", "s1"]


def test_a_run_keeps_the_folder_small_while_it_goes_on() -> None:
    a_run = logs(logs_keep=3)
    for number in range(10):
        begun(a_run, f"s{number}", NOON + number).end("built", 0.1, ["a line" * (10 - number)])
    begun(a_run, "failing", NOON).end("failed", 0.1)
    assert [name.split("_")[0] for name in names()] == ["failing", "s8", "s9"]
    for log in past_logs():
        text = "".join(log.text())
        assert text.count("# stage: ") == text.count("# built in") + text.count("# failed in") == 1
        assert log.head.stage == log.name.stage


def test_a_silent_log_of_which_somebody_keeps_a_copy_by_a_link_is_not_used_again(
    root: Path,
) -> None:
    a_run = logs(logs_keep=2)
    begun(a_run, "s0", NOON).end("built", 0.1)
    os.link(root / FOLDER / names()[0], root / "copy")
    content = (root / "copy").read_text()
    for number in range(1, 4):
        begun(a_run, f"s{number}", NOON + number).end("built", 0.1)
    assert [name.split("_")[0] for name in names()] == ["s2", "s3"]
    assert (root / "copy").read_text() == content


def test_a_log_of_the_same_second_is_not_replaced_by_one_that_is_used_again() -> None:
    a_run = logs(logs_keep=1)
    begun(a_run, "again").end("failed", 0.1)
    begun(a_run, "silent").end("built", 0.1)
    begun(a_run, "again").end("built", 0.1)
    assert [log.state(list) for log in past_logs("again")] == [
        AttemptState.BUILT,
        AttemptState.FAILED,
    ]


def test_a_silent_log_that_somebody_replaced_by_a_link_is_not_written_through(root: Path) -> None:
    (root / "precious").write_text("years of work")
    a_run = logs(logs_keep=1)
    first = begun(a_run, "first")
    first.end("built", 0.1)
    os.unlink(first.path)
    os.symlink(root / "precious", first.path)
    begun(a_run, "second").end("built", 0.1)
    assert (root / "precious").read_text() == "years of work"
    assert len(names()) == 2


def test_a_run_without_attempts_does_not_look_at_the_folder() -> None:
    with logs().kept(lambda: pytest.fail("nothing was begun")):
        pass
    assert not os.path.exists(FOLDER)


def test_a_folder_that_was_removed_meanwhile_is_no_matter(root: Path) -> None:
    said: list[str] = []
    a_run = logs(said)
    with a_run.kept(list):
        log = begun(a_run)
        shutil.rmtree(root / FOLDER)
        log.end("built", 1.0)
        assert a_run.begin(typed("next"), NOON) is None
    assert len(said) == 1


# Where it can't be written -------------------------------------------------------------


def test_a_folder_that_can_not_be_made_is_said_once() -> None:
    Path(FOLDER).touch()
    said: list[str] = []
    a_run = logs(said)
    assert a_run.begin(typed(), NOON) is None
    assert a_run.begin(typed(), NOON) is None
    assert len(said) == 1
    assert said[0].startswith("logs can't be written ([Errno 20] Not a directory")


def test_a_log_is_for_all_who_may_use_the_folder(root: Path) -> None:
    (root / ".datamake").chmod(0o2775)
    umask = os.umask(0o077)
    try:
        a_run = logs()
        paths = [begun(a_run, stage).path for stage in ("one", "two")]
    finally:
        os.umask(umask)
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in paths] == [0o664, 0o664]


def test_a_log_that_was_removed_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    a_run = logs()
    begun(a_run, "one")
    log = begun(a_run, "two")
    listdir = os.listdir

    def gone(path: str) -> list[str]:
        found = listdir(path)
        os.unlink(log.path)
        return found

    monkeypatch.setattr(os, "listdir", gone)
    found: list[PastLog] = list(past_logs())
    assert [each.head.stage for each in found] == ["one"]
