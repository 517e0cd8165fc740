"""Runs and attempts as text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from msgspec.structs import replace

from datamake.model import AttemptState
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.show.past_runs import RUNS, Wish, one_run_lines, run_lines, stage_lines
from datamake.store_rows import Underway

RUN = PastRun(
    7, Process(12, "tower", "1"), "ada", "doit x", "c0ffee", 4, 0.0, 75.0, RunState.DONE,
    {"built": 2, "failed": 1},
)  # fmt: skip


def attempt(stage: str, state: str = "built", seconds: float = 1.0, **details: Any) -> PastAttempt:
    return PastAttempt(1, 7, stage, AttemptState(state), 0.0, seconds, Details(**details))


def cells(lines: list[str], column: str) -> list[str]:
    """Return a column's cells, as its heading stands, or ends, above them."""
    start = lines[0].index(column)
    return [line[start:].split("  ")[0].strip() for line in lines[1:]]


def test_a_run_in_one_line() -> None:
    lines = list(run_lines([RUN, replace(RUN, id=8, ended=None, state=RunState.KILLED)], None))
    assert [line.split()[0] for line in lines] == ["run", "7", "8"]
    assert "1 min 15 s" in lines[1]
    assert "1 min 15 s" not in lines[2]
    assert cells(lines, "outcome") == ["done", "killed"]
    assert cells(lines, "who") == ["ada@tower"] * 2


def test_what_was_typed_for_parameters_has_a_column_where_anything_was() -> None:
    typed = replace(RUN, command="doit -n 2 squares n=20 'name=two words' -r json --x=y =z")
    lines = list(run_lines([RUN, typed], None))
    assert cells(lines, "parameters") == ["", "n=20 'name=two words'"]
    assert "parameters" not in next(run_lines([RUN], None))


def test_a_commit_has_a_column_where_there_is_any() -> None:
    long = replace(RUN, commit="0123456789abcdef")
    assert cells(list(run_lines([long, RUN], None)), "commit") == ["0123456789ab", "c0ffee"]
    assert "commit" not in next(run_lines([replace(RUN, commit="")], None))
    lines = list(stage_lines([attempt("x"), replace(attempt("x"), run=8)], {7: long}, None))
    assert cells(lines, "commit") == ["0123456789ab", ""]


@pytest.mark.parametrize(
    ("width", "people", "left_out"),
    [
        (120, ["ada", "ada"], set()),
        (80, ["ada", "ada"], {"who"}),
        (80, ["ada", "eve"], {"built"}),
        (62, ["ada", "ada"], {"who", "built", "failed"}),
        (52, ["ada", "eve"], {"who", "built", "failed", "commit"}),
        (40, ["ada", "eve"], {"who", "built", "failed", "commit", "parameters"}),
        (34, ["ada", "eve"], {"who", "built", "failed", "commit", "parameters", "took"}),
    ],
)
def test_in_few_columns_what_matters_least_gives_way(
    width: int, people: list[str], left_out: set[str]
) -> None:
    long = replace(
        RUN, commit="0123456789abcdef", command="doit squares n=20 name=something-long -n 2",
        started=time.time() - 1000, ended=time.time() - 985, id=100,
    )  # fmt: skip
    lines = list(run_lines([replace(long, person=person) for person in people], width))
    assert max(map(len, lines)) <= width
    every = {column.name for column in RUNS}
    assert every - {*lines[0].split()} == left_out


def test_in_few_columns_a_day_of_this_year_needs_no_year_and_another_one_no_time() -> None:
    now = time.time()
    runs = [replace(RUN, started=now), replace(RUN, started=0.0, ended=1.0)]
    assert [len(cell) for cell in cells(list(run_lines(runs, 90)), "when")] == [11, 10]
    assert [len(cell) for cell in cells(list(run_lines(runs, 100)), "when")] == [16, 16]


def test_failures_first_then_what_took_longest() -> None:
    attempts = [
        *(attempt("quick"), attempt("slow", seconds=60.0)),
        *(attempt("cut", "interrupted"), attempt("bad", "failed")),
    ]
    underway = [Underway("now", (), RUN.process)]
    lines = list(one_run_lines(RUN, attempts, underway, Wish()))
    table = lines[lines.index("") + 1 :]
    assert cells(table, "stage") == ["now", "bad", "cut", "slow", "quick"]
    assert "  at once  4" in lines
    few = list(one_run_lines(RUN, attempts, [], Wish(most=1)))
    assert few[-2].split()[-1] == "bad"
    assert few[-1] == "and 3 more: -n 0 shows all"


@pytest.mark.parametrize(
    ("state", "word"), [(RunState.RUNNING, "building"), (RunState.KILLED, "interrupted")]
)
def test_what_is_under_way_is_built_or_was_when_it_died(state: RunState, word: str) -> None:
    run = replace(RUN, state=state, ended=None)
    lines = list(one_run_lines(run, [], [Underway("now", (), RUN.process)], Wish()))
    assert lines[-1].split() == [word, "now"]


def test_a_failure_is_told_with_its_place_and_its_log() -> None:
    where = (("a.py:3, in f", "1 / 0"),)
    failed = attempt("bad", "failed", failure="no\nmore", where=where, log=".datamake/logs/1")
    lines = list(one_run_lines(RUN, [failed], [], Wish()))
    assert lines[-5:] == [
        "bad failed: no",
        "  more",
        "  a.py:3, in f",
        "      1 / 0",
        "  what it printed: .datamake/logs/1",
    ]


def test_reasons_of_one_kind_stand_together() -> None:
    reasons = ("never built", *(f"action changed: {n}" for n in "abcde"), "input added: a: b")
    lines = list(stage_lines([attempt("x", reasons=reasons)], {}, None))
    assert lines[1].endswith("never built; action changed: a, b, c and 2 more; input added: a: b")


def test_who_was_killed_took_nobody_knows_how_long() -> None:
    lines = list(stage_lines([attempt("x", "interrupted", 0.0, failure="gone")], {}, None))
    assert lines[0].split() == ["run", "when", "state", "reasons"]
    assert lines[1].endswith("interrupted  gone")


def test_stages_are_named_where_there_are_several() -> None:
    lines = list(stage_lines([attempt("a:1"), attempt("a:2")], {}, None))
    assert cells(lines, "stage") == ["a:1", "a:2"]


def test_nothing_of_a_name_reaches_the_terminal_as_a_command() -> None:
    run = replace(RUN, command="doit \x1b[2J", person="a\nb")
    bad = attempt("x\x1b", "failed", failure="\x1b]0;no\x07")
    lines = [*run_lines([run], None), *one_run_lines(run, [bad], [], Wish())]
    assert not any("\x1b" in line or "\n" in line or "\x07" in line for line in lines)
