"""Where what stages declare really lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datamake.declared_places import DeclaredPlaces


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("disk/data/in.txt", "raw/deep/a.txt", "store/v1", "free/b.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("content")
    Path("data").symlink_to("disk/data")
    Path("latest").symlink_to("store/v1")


@pytest.mark.parametrize(
    ("place", "is_there"),
    [
        ("disk/data/in.txt", True),  # data/in.txt, through a folder that is a link
        ("disk", True),  # it holds that
        ("raw/deep/a.txt", True),  # it lies in a folder that is declared
        ("raw/deep", True),
        ("store/v1", True),  # a link that is declared leads there
        ("free/b.txt", False),
        ("free", False),
        ("disk/data/other.txt", False),
        ("gone", False),
    ],
)
def test_a_place_of_what_is_declared_is_known(place: str, is_there: bool) -> None:
    declared = DeclaredPlaces(["data/in.txt", "raw", "latest"])
    assert declared.overlap(os.path.realpath(place), ()) is is_there


def test_what_lies_at_a_stages_own_targets_does_not_count() -> None:
    declared = DeclaredPlaces(["latest", "raw/deep/a.txt"])
    assert not declared.overlap(os.path.realpath("store/v1"), ["latest"])
    assert not declared.overlap(os.path.realpath("raw"), ["raw"])
