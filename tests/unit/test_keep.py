"""Where files go that a build must not lose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datamake import keep


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("data/a.txt", "data/a.txt"),
        ("./data//a.txt", "data/a.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a/../../b", "b"),
        ("..", "."),
        (".", "."),
        ("-rf", "-rf"),
    ],
)
def test_a_confined_path_stays_inside(path: str, inside: str) -> None:
    assert keep.confined(path) == inside


def test_each_kept_file_has_a_place_of_its_own(folder: Path) -> None:
    places = set()
    for _ in range(3):
        place = keep.place_to_keep("data/a.txt")
        os.makedirs(os.path.dirname(place))
        Path(place).write_text("edited")
        places.add(place)
    assert len(places) == 3
    assert all(place.startswith(".datamake/kept/20") for place in places)
    assert all(place.endswith("/data/a.txt") for place in places)


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("squares", "squares"),
        ("group:data/a.txt", "group:data%2Fa.txt"),
        ("..", "%2E."),
        (".", "%2E"),
        ("100%", "100%25"),
        ("größe", "größe"),
    ],
)
def test_a_stage_has_one_folder_for_its_failure_below_the_others(stage: str, name: str) -> None:
    assert keep.failed_folder(stage) == f".datamake/failed/{name}"


def test_long_names_that_begin_alike_have_folders_of_their_own() -> None:
    first, second = (keep.failed_folder("ä" * 300 + end) for end in "12")
    assert first != second
    os.makedirs(first)
    assert len(os.fsencode(os.path.basename(first))) <= 255


def test_what_is_moved_never_takes_the_place_of_another(folder: Path) -> None:
    moved = []
    for name in ("x/a.txt", "../x/a.txt"):
        Path("left").write_text(name)
        moved.append(keep.move("left", "failed", name))
    assert moved == ["failed/x/a.txt", "failed/x/a.txt-2"]
    assert [Path(path).read_text() for path in moved] == ["x/a.txt", "../x/a.txt"]


def test_clearing_takes_the_failure_of_one_stage_only(folder: Path) -> None:
    for stage in ("..", "one", "two"):
        os.makedirs(keep.failed_folder(stage))
    keep.clear_failed("one")
    keep.clear_failed("..")
    keep.clear_failed("never failed")
    assert os.listdir(".datamake/failed") == ["two"]


def failures(*sizes: int) -> list[str]:
    """Have stages fail one after the other, each leaving so many bytes; return what is kept."""
    for number, size in enumerate(sizes):
        folder = keep.failed_folder(f"stage{number}")
        os.makedirs(folder)
        with open(os.path.join(folder, "half"), "wb") as file:
            file.write(b"x" * size)
        os.utime(folder, (number, number))
    return sorted(os.listdir(".datamake/failed"))


def test_the_last_failures_are_kept_and_no_more_than_so_many() -> None:
    assert len(failures(*[1] * 5)) == 5
    keep.prune_failed(most=3)
    assert sorted(os.listdir(".datamake/failed")) == ["stage2", "stage3", "stage4"]


def test_the_last_failures_are_kept_as_long_as_they_are_small_and_the_last_in_any_case() -> None:
    failures(10, 10, 10, 10)
    keep.prune_failed(most_bytes=25)
    assert sorted(os.listdir(".datamake/failed")) == ["stage2", "stage3"]
    keep.prune_failed(most_bytes=5)
    assert os.listdir(".datamake/failed") == ["stage3"]


def test_room_is_made_only_where_a_failure_left_much(monkeypatch: pytest.MonkeyPatch) -> None:
    pruned: list[int] = []

    def prune(most: int) -> None:
        pruned.append(most)

    monkeypatch.setattr(keep, "prune_failed", prune)
    failures(keep.LARGE_BYTES - 1, keep.LARGE_BYTES)
    keep.make_room("stage0")
    keep.make_room("never failed")
    assert pruned == []
    keep.make_room("stage1")
    assert len(pruned) == 1


def test_where_nothing_failed_nothing_is_removed() -> None:
    keep.prune_failed()
    assert not os.path.exists(".datamake/failed")
