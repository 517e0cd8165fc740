"""The other name of a path: some folder of it is a symbolic link, or it begins with `..`."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamake.links import Links


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with links to a folder in it, to itself and to one outside of it."""
    project = tmp_path / "project"
    (project / "data/deep").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (project / "linked").symlink_to("data/deep")
    (project / "whole").symlink_to(project)
    (project / "out").symlink_to(tmp_path / "outside")
    return project


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x", None),
        ("linked", None),
        ("data/deep/x", None),
        ("no/such/x", None),
        ("/x", None),
        ("..x/y", None),
        ("linked/x", "data/deep/x"),
        ("linked/below/x", "data/deep/below/x"),
        ("whole/x", "x"),
        ("whole/linked/x", "data/deep/x"),
    ],
)
def test_a_path_behind_a_link_has_another_name(root: Path, path: str, name: str | None) -> None:
    assert Links(str(root)).name(path) == name


def test_what_lies_outside_is_known_by_its_whole_path(root: Path) -> None:
    links = Links(str(root))
    outside = str(root.parent / "outside/x")
    assert links.name("out/x") == links.name("../outside/x") == outside
    assert links.name(outside) is None
    assert links.name(str(root / "linked/x")) == "data/deep/x"


def test_names_are_the_paths_and_what_else_they_are_called(root: Path) -> None:
    links = Links(str(root))
    assert links.names(["a", "linked/x"]) == ["a", "linked/x", "data/deep/x"]
    assert links.are_in(["data", "linked"])
    assert not links.are_in(["data", "data/deep"])


def test_a_path_may_have_as_many_folders_as_fit(root: Path) -> None:
    deep = "/".join(["a"] * 1_900)
    links = Links(str(root))
    assert links.name(f"{deep}/x") is None
    assert links.name(f"linked/{deep}/x") == f"data/deep/{deep}/x"
