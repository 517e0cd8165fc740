"""Sub-tasks that changed alike between two runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from datamake.comparison import Change, StageChange
from datamake.model import AttemptState
from datamake.past import Details, PastAttempt
from datamake.show.alike import folded, heading, in_common, of_their_own, verb


def attempt(run: int = 1, state: AttemptState = AttemptState.BUILT) -> PastAttempt:
    return PastAttempt(run, run, "a", state, 0.0, 1.0, Details())


def changed(name: str, **what: Any) -> StageChange:
    return StageChange(name, attempt(), attempt(2), **what)


def lots(stages: Iterable[StageChange]) -> list[list[str]]:
    return [[change.stage for change in lot] for lot in folded(stages)]


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(None, "b", "added"), ("a", None, "removed"), ("a", "b", "changed")],
)
def test_what_happened_in_a_word(before: Any, after: Any, word: str) -> None:
    assert verb(Change("x", before, after)) == word


def test_sub_tasks_of_one_group_are_one_lot_and_others_are_none() -> None:
    names = ["a", "b", "c", "d", "e:1", "e:2", "e:3", "e:4", "f:1", "f:2", "f:3", "g"]
    assert lots(map(changed, names)) == [
        *(["a"], ["b"], ["c"], ["d"]),
        ["e:1", "e:2", "e:3", "e:4"],
        *(["f:1"], ["f:2"], ["f:3"], ["g"]),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"code": (Change("f", "1", "2"),)},
        {"parameters": ("n=1", "n=2")},
        {"arguments": (Change("n", "1", "2"),)},
        {"inputs": (Change("x", "1", "2"),)},
        {"outputs": (Change("x", None, "2"),)},
        {"before": attempt(7)},
        {"after": None},
        {"after": attempt(2, AttemptState.FAILED)},
    ],
)
def test_what_changed_in_another_way_is_of_another_lot(other: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"before": attempt(), "after": attempt(2)}
    stages = [StageChange(f"a:{n}", **(usual if n % 2 else {**usual, **other})) for n in range(8)]
    assert lots(stages) == [[f"a:{n}" for n in (0, 2, 4, 6)], [f"a:{n}" for n in (1, 3, 5, 7)]]


def test_files_and_values_of_their_own_make_no_difference() -> None:
    stages = [
        changed(
            f"a:{n}",
            arguments=(Change("n", str(n), str(n + 1)),),
            inputs=(Change(f"{n}.in", {"of": n}, {"of": n + 1}),),
            outputs=(Change(f"{n}.out", n, n + 1),),
        )
        for n in range(5)
    ]
    [lot] = folded(stages)
    assert heading(lot) == ("a:*", "5 alike: a:0, a:1, a:2 and 2 more")
    assert heading(lot[:1]) == ("a:0", "")
    inputs = [stage.inputs for stage in lot]
    assert in_common(inputs) == []
    assert list(of_their_own(inputs)) == [("changed", [f"{n}.in" for n in range(5)])]


def test_what_all_have_in_common_is_told_apart() -> None:
    shared, gone = Change("x", "1", "2"), Change("z", "1", None)
    lot = [(shared, Change("y", str(n), "9")) for n in range(3)]
    assert in_common([*lot, (shared, gone)]) == [shared]
    assert list(of_their_own([*lot, (shared, gone)])) == [("changed", ["y"]), ("removed", ["z"])]
