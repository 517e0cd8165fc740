"""How arguments and texts of actions follow the targets into the staging folders and back."""

from __future__ import annotations

import os
from collections import OrderedDict, namedtuple
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from datamake.staged_values import staged, unstaged
from datamake.staging import Declared, Staging

Pair = namedtuple("Pair", "path number")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def staging(*names: str, **declared: Any) -> Staging:
    return Staging(names, Declared(os.getcwd(), **declared))


def test_arguments_follow_into_containers_of_any_kind() -> None:
    places = staging("a", "b")
    a, b = places.path("a"), places.path("b")
    cases: list[tuple[Any, Any]] = [
        ("a", a),
        ("./b", b),
        (PurePosixPath("a"), PurePosixPath(a)),
        (["a", ["b", 1]], [a, [b, 1]]),
        (("a", None), (a, None)),
        ({"a", "c"}, {a, "c"}),
        (frozenset("b"), frozenset([b])),
        ({"a": "a", "n": {"b": ("b",)}}, {"a": a, "n": {"b": (b,)}}),
        (OrderedDict(out="a"), OrderedDict(out=a)),
        (Pair("a", 1), Pair(a, 1)),
    ]
    for value, replaced in cases:
        assert staged(places, value) == replaced
        assert type(staged(places, value)) is type(value)


def test_what_holds_no_target_is_the_same_object_after() -> None:
    places = staging("a")
    for value in (["b"], {"x": {"a": 1}}, object(), "ab", {"c"}):
        assert staged(places, value) is value


def test_a_target_in_place_is_handed_as_it_is() -> None:
    places = staging("a", "b", in_place={"a"})
    assert staged(places, ["a", "b"]) == ["a", places.path("b")]


def test_texts_and_values_name_the_targets_again() -> None:
    places = staging("data/a.txt", "data/a", "b.txt")
    path = places.path("data/a.txt")
    assert unstaged(places, f"no such file: '{path}'") == "no such file: 'data/a.txt'"
    assert unstaged(places, os.path.abspath(path)) == os.path.abspath("data/a.txt")
    assert unstaged(places, f"{path}.tmp") == "data/a.txt.tmp"
    value = {"path": path, path: [path, (path, 3)], "n": 1}
    expected = {"path": "data/a.txt", "data/a.txt": ["data/a.txt", ("data/a.txt", 3)], "n": 1}
    assert unstaged(places, value) == expected
