"""Files that are used alike fold into a pattern."""

from __future__ import annotations

import pytest

from datamake.picture.folding import Place, fold_files, pattern


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a"], "a"),
        (["raw/1.csv", "raw/22.csv"], "raw/*.csv"),
        (["a", "aa"], "a*"),
        (["aba", "abcba"], "ab*a"),
        (["x/1", "y/2"], "*"),
    ],
)
def test_a_pattern_has_what_paths_share(paths: list[str], expected: str) -> None:
    assert pattern(paths) == expected


def test_files_of_folded_stages_fold_and_what_they_share_does_not() -> None:
    own, shared = Place((), ("group:g",), False), Place((), ("group:g",), True)
    found = {"1": own, "2": own, "config": shared, "schema": shared}
    lots = fold_files(found, frozenset({"group:g"}), 50)
    assert lots == [["1", "2"], ["config"], ["schema"]]


def test_very_many_files_of_one_stage_fold() -> None:
    found = {str(i): Place(("stage:a",), (), False) for i in range(51)}
    assert len(fold_files(found, frozenset(), 50)) == 1
    del found["0"]
    assert len(fold_files(found, frozenset(), 50)) == 50
