"""The lines that `doit why` writes about one verdict."""

from __future__ import annotations

import time

from msgspec.structs import replace

from datamake.model import Meaning, Reason, Record, Seen, Stage, State, Verdict, Why
from datamake.show.explanation import explain

STAGE = Stage("squares", ("numbers.txt",), ("squares.txt",))
BUILT = time.mktime((2024, 5, 17, 9, 30, 5, 0, 0, -1))
BEFORE = "def square(x):\n    return x * x\n"
NOW = "def square(x):\n    return x**2\n"
RECORD = Record(
    stage="squares",
    targets=("squares.txt",),
    meaning=Meaning({"square": "c1"}, {"n": "10"}, {"square": BEFORE}),
    checker="content",
    inputs={"numbers.txt": "i1"},
    outputs={"squares.txt": "o1"},
    started=BUILT,
    seconds=0.25,
)
SEEN = Seen(
    meaning=Meaning({"square": "c2"}, {"n": "10"}, {"square": NOW}),
    checker="content",
    inputs={"numbers.txt": "i1"},
    outputs={"squares.txt": "o1"},
)


def test_what_makes_a_stage_fresh() -> None:
    assert list(explain(Verdict(STAGE, State.FRESH), SEEN, RECORD)) == [
        "squares is up to date: built 2024-05-17 09:30:05 in 0.25 s",
        "  target as it was built: squares.txt",
        "  input unchanged: numbers.txt",
        "  action unchanged: square",
        "  argument unchanged: n 10",
    ]


def test_a_stage_that_is_fresh_because_its_uptodate_says_so() -> None:
    (line,) = explain(Verdict(Stage("once"), State.FRESH), SEEN, None)
    assert line == "once is up to date: its uptodate says so, and nothing else is declared"


def test_every_reason_has_a_line_and_changed_code_a_diff() -> None:
    reasons = (
        Reason(Why.INPUT_CHANGED, "numbers.txt"),
        Reason(Why.ACTION_CHANGED, "square"),
        Reason(Why.ARGUMENT_CHANGED, "n", "10", "20"),
    )
    assert list(explain(Verdict(STAGE, State.STALE, reasons), SEEN, RECORD)) == [
        "squares is stale:",
        "  input changed: numbers.txt",
        "  action changed: square",
        "  argument changed: n 10 → 20",
        "--- square (built)",
        "+++ square (now)",
        "@@ -1,2 +1,2 @@",
        " def square(x):",
        "-    return x * x",
        "+    return x**2",
    ]


def test_code_that_is_new_or_gone_is_all_of_the_diff() -> None:
    seen = replace(SEEN, meaning=Meaning({"cube": "c3"}, {}, {"cube": "def cube(): ...\n"}))
    reasons = (Reason(Why.ACTION_CHANGED, "cube"), Reason(Why.ACTION_CHANGED, "square"))
    lines = list(explain(Verdict(STAGE, State.STALE, reasons), seen, RECORD))
    assert "+def cube(): ..." in lines
    assert "-def square(x):" in lines


def test_a_stage_that_was_never_built_has_no_diff() -> None:
    reasons = (Reason(Why.NEVER_BUILT),)
    assert list(explain(Verdict(STAGE, State.STALE, reasons), SEEN, None)) == [
        "squares is stale:",
        "  never built",
    ]


def test_a_stage_that_waits_says_for_whom() -> None:
    verdict = Verdict(STAGE, State.WAITS, (), ("numbers", "flights"))
    assert list(explain(verdict, SEEN, RECORD)) == [
        "squares is up to date so far, and waits for numbers, flights"
    ]


def test_a_missing_input_an_ignored_stage_and_a_group() -> None:
    missing = Verdict(STAGE, State.ERROR, (Reason(Why.INPUT_MISSING, "numbers.txt"),))
    assert list(explain(missing, SEEN, None)) == [
        "squares cannot be built:",
        "  input missing: numbers.txt",
    ]
    assert list(explain(Verdict(STAGE, State.IGNORED), None, None)) == [
        "squares is ignored (`doit forget squares` ends that)"
    ]
    assert list(explain(Verdict(Stage("all"), State.GROUP), None, None)) == [
        "all is a group: ask for one of its tasks"
    ]
