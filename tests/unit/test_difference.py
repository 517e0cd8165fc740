"""What differs between two runs, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from datamake.comparison import Change, StageChange
from datamake.model import AttemptState
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.show.difference import difference_lines

FIRST = PastRun(
    3, Process(12, "tower", "1"), "ada", "doit", "c0ffee" * 7, 0, 0.0, 2.0, RunState.DONE
)  # fmt: skip
SECOND = replace(FIRST, id=5, commit="", state=RunState.KILLED, ended=None)
TEXTS = {"d1": "def f():\n    return 1", "d2": "def f():\n    return 2"}


def attempt(run: int, state: AttemptState = AttemptState.BUILT, **details: Any) -> PastAttempt:
    return PastAttempt(run, run, "a", state, 0.0, 1.0, Details(**details))


def lines(*stages: StageChange) -> Sequence[str]:
    """Return what is said behind the lines on the two runs."""
    return list(difference_lines((FIRST, SECOND), stages, TEXTS.get))[2:]


def both(**changes: Any) -> StageChange:
    return StageChange("a", attempt(3), attempt(5), **changes)


def test_both_runs_are_named_first() -> None:
    first, second, nothing = difference_lines((FIRST, SECOND), (), TEXTS.get)
    assert first.startswith("run 3: done in 2.0 s, ")
    assert first.endswith(", ada@tower, commit c0ffeec0ffee: doit")
    assert second.startswith("run 5: killed, ")
    assert second.endswith(", ada@tower: doit")
    assert nothing == "no difference"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parameters": ("n=1", "")}, "  parameters: n=1 → (none)"),
        ({"arguments": (Change("n", "1", "2"),)}, "  argument changed: n 1 → 2"),
        ({"inputs": (Change("x", None, "0" * 64),)}, "  input added: x 000000000000"),
        ({"inputs": (Change("x", "0" * 64, None),)}, "  input removed: x 000000000000"),
        ({"outputs": (Change("x", "a", "b"),)}, "  output changed: x a → b"),
    ],
)
def test_a_change_in_one_line(changes: Any, said: str) -> None:
    assert lines(both(**changes)) == ["", "a:", said]


def test_code_is_told_as_a_diff_below_all_else() -> None:
    found = both(code=(Change("f", "d1", "d2"),), inputs=(Change("x", "a", "b"),))
    assert lines(found) == [
        "",
        "a:",
        "  action changed: f",
        "  input changed: x a → b",
        "--- f (run 3)",
        "+++ f (run 5)",
        "@@ -1,2 +1,2 @@",
        " def f():",
        "-    return 1",
        "+    return 2",
    ]


def sub_task(number: int, **changes: Any) -> StageChange:
    return StageChange(f"part:{number:03}", attempt(3), attempt(5), **changes)


def test_sub_tasks_that_changed_alike_are_told_once() -> None:
    each = [
        sub_task(
            number,
            code=(Change("f", "d1", "d2"),),
            inputs=(Change("in.txt", "x", "y"),),
            outputs=(Change(f"out/{number}.txt", f"a{number}", f"b{number}"),),
        )
        for number in range(1000)
    ]
    assert lines(StageChange("other", attempt(3), None), *each) == [
        "",
        "other: only in run 3",
        "",
        "part:*:  (1,000 alike: part:000, part:001, part:002 and 997 more)",
        "  action changed: f",
        "  input changed: in.txt x → y",
        "  output changed: out/*.txt  (1,000)",
        "--- f (run 3)",
        "+++ f (run 5)",
        "@@ -1,2 +1,2 @@",
        " def f():",
        "-    return 1",
        "+    return 2",
    ]


def test_a_few_and_what_changed_in_another_way_are_told_one_by_one() -> None:
    code = (Change("f", None, "d1"),)
    alike = [sub_task(number, code=code) for number in range(4)]
    other = sub_task(4, code=code, outputs=(Change("x", "a", "b"),))
    heads = [line for line in lines(*alike, other) if line.startswith("part")]
    assert heads == ["part:*:  (4 alike: part:000, part:001, part:002 and 1 more)", "part:004:"]
    heads = [line for line in lines(*alike[:3], other) if line.startswith("part")]
    assert heads == ["part:000:", "part:001:", "part:002:", "part:004:"]


def test_stages_that_are_no_sub_tasks_are_not_told_together() -> None:
    code = (Change("f", None, "d1"),)
    several = [StageChange(name, attempt(3), attempt(5), code=code) for name in "abcdef"]
    assert sum(line.endswith(":") for line in lines(*several) if not line.startswith("+")) == 6


def test_arguments_of_sub_tasks_that_changed_each_to_a_value_of_its_own() -> None:
    each = [
        sub_task(n, arguments=(Change("n", str(n), str(n + 1)), Change("k", "1", "2")))
        for n in range(9)
    ]
    assert lines(*each)[2:] == ["  argument changed: k 1 → 2", "  argument changed: n"]


def test_sub_tasks_that_failed_in_several_ways_say_the_first_few() -> None:
    def failed(number: int) -> PastAttempt:
        return attempt(5, AttemptState.FAILED, failure=f"no row {number % 5}\nmore")

    each = [StageChange(f"part:{n}", attempt(3), failed(n)) for n in range(8)]
    assert lines(*each)[2:] == [
        "  outcome: built → failed",
        "    no row 0",
        "    no row 1",
        "    no row 2",
    ]


def test_sub_tasks_that_are_in_one_run_only_are_told_once() -> None:
    each = [StageChange(f"part:{n}", None, attempt(4)) for n in range(8)]
    assert lines(*each) == [
        "",
        "part:*: only in run 5, as run 4 left it  (8 alike: part:0, part:1, part:2 and 5 more)",
    ]


def test_code_that_came_is_added_line_by_line() -> None:
    said = lines(both(code=(Change("f", None, "d1"),)))
    assert said[2] == "  action added: f"
    assert said[-2:] == ["+def f():", "+    return 1"]


def test_a_failure_says_what_it_was() -> None:
    failed = attempt(5, AttemptState.FAILED, failure="no such column\nin detail")
    found = StageChange("a", attempt(3), failed)
    assert lines(found) == ["", "a:", "  outcome: built → failed", "    no such column"]


def test_whose_state_it_was_is_said_where_a_run_did_not_attempt_it() -> None:
    found = StageChange("a", attempt(1), attempt(4), arguments=(Change("n", "1", "2"),))
    said = lines(found)[1]
    assert said == "a:  (run 3 had it as run 1 left it; run 5 had it as run 4 left it)"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, attempt(5), "a: only in run 5"),
        (None, attempt(4), "a: only in run 5, as run 4 left it"),
        (attempt(3), None, "a: only in run 3"),
    ],
)
def test_what_is_in_one_of_them_only(
    before: PastAttempt | None, after: PastAttempt | None, said: str
) -> None:
    assert lines(StageChange("a", before, after)) == ["", said]


def test_the_value_of_a_secret_variable_is_no_part_of_a_diff(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_TOKEN", "return 2")
    said = lines(both(code=(Change("f", "d1", "d2"),)))
    assert said[-1] == "+    $MY_TOKEN"


def test_nothing_of_a_name_reaches_the_terminal_as_a_command() -> None:
    found = both(arguments=(Change("n\x1b", "\x1b[2J", "\udce9"),))
    assert lines(found)[2] == "  argument changed: n\\x1b \\x1b[2J → \\udce9"
