"""Paths by the folders that they lie in."""

from __future__ import annotations

import pytest

from datamake import below as module
from datamake.below import Below
from datamake.paths import lies_below

PATHS = [
    *("b/z", "a/deep/x", "a", "a-b/x", "a/b", "a0", "a.b/c", "b/a", "/elsewhere/x", "../above/x"),
    *("a/\udce9", "a/\U0010ffff", "a/é"),
]


@pytest.mark.parametrize(
    "folder", [".", "a", "a/deep", "a-b", "b", "c", "/", "/elsewhere", "..", "../above", "a/b"]
)
def test_what_lies_in_a_folder_is_told_in_the_order_given(folder: str) -> None:
    below = Below(PATHS)
    expected = [path for path in PATHS if lies_below(path, folder)]
    assert below.of(folder) == below.of(folder) == expected


def test_no_other_path_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    monkeypatch.setattr(module, "lies_below", lambda path, folder: looks.append(path))
    below = Below(f"{folder}/{name}" for folder in range(30) for name in range(30))
    assert all(len(below.of(str(folder))) == 30 for folder in range(30))
    assert looks == []
