"""Paths in one spelling, and sets of them in the order of declaration."""

from __future__ import annotations

import copy
import pickle

import pytest

from datamake.paths import DeclaredPaths, canonical, folder_of

DECLARED = ["c", "a", "b", "z", "y", "x"]


@pytest.mark.parametrize(
    ("path", "one_spelling"),
    [
        ("a", "a"),
        ("./a", "a"),
        ("a/", "a"),
        ("a//b/../c", "a/c"),
        ("b/..", "."),
        ("../outside", "../outside"),
        ("../projects/a", "../projects/a"),
        ("../project/a", "a"),
        ("b/../../project/a", "a"),
        ("/project/a/b", "a/b"),
        ("/project/./a/../b", "b"),
        ("/project", "/project"),
        ("/projects/a", "/projects/a"),
        ("/elsewhere/a", "/elsewhere/a"),
        ("..a", "..a"),
    ],
)
def test_the_one_spelling_of_a_path(path: str, one_spelling: str) -> None:
    assert canonical(path, "/project") == one_spelling


def test_paths_are_iterated_as_they_were_declared() -> None:
    assert list(DeclaredPaths([*DECLARED, "a"])) == DECLARED


def test_declared_paths_are_a_set_to_doit() -> None:
    paths = DeclaredPaths(DECLARED)
    assert isinstance(paths, set)
    assert paths == set(DECLARED)
    assert paths - {"a"} == {"b", "c", "x", "y", "z"}
    assert "a" in paths
    assert "q" not in paths
    assert len(paths) == len(DECLARED)


def test_what_is_added_comes_behind() -> None:
    paths = DeclaredPaths(["c", "a"])
    paths.add("b")
    paths.add("c")
    assert list(paths) == ["c", "a", "b"]


def test_what_sets_own_methods_change_is_not_lost() -> None:
    paths = DeclaredPaths(["c", "b", "a"])
    paths.update({"f", "e"})
    paths |= {"d"}
    paths.discard("b")
    assert list(paths) == ["c", "a", "d", "e", "f"]
    paths.clear()
    assert list(paths) == []


def test_a_copy_keeps_the_order() -> None:
    paths = DeclaredPaths(DECLARED)
    assert list(pickle.loads(pickle.dumps(paths))) == DECLARED
    assert list(copy.deepcopy(paths)) == DECLARED
    assert list(copy.copy(paths)) == DECLARED


@pytest.mark.parametrize(
    ("path", "folder"),
    [("a", ""), ("a/b", "a"), ("a/b/c", "a/b"), ("/a", "/"), ("/a/b", "/a"), ("../a", "..")],
)
def test_the_folder_of_a_path(path: str, folder: str) -> None:
    assert folder_of(path) == folder
