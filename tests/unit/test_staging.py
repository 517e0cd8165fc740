"""Where the targets of an attempt are staged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from datamake.staging import Declared, Staging


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def staging(*names: str, **declared: Any) -> Staging:
    return Staging(names, Declared(os.getcwd(), **declared))


def test_a_target_is_staged_beside_its_place_under_its_own_name() -> None:
    staged = staging("data/a.csv.gz", "b.txt")
    token = staged.token
    assert staged.path("data/a.csv.gz") == f"data/{token}/a.csv.gz"
    assert staged.path("b.txt") == f"{token}/b.txt"
    assert staged.path("other") == "other"
    assert staging("b.txt").token != token


def test_a_slash_at_the_end_stays() -> None:
    staged = staging("out/")
    assert staged.path("out/") == f"{staged.token}/out/"


@pytest.mark.parametrize(
    "spelled", ["data/a.txt", "./data/a.txt", "data//x/../a.txt", Path("data/a.txt")]
)
def test_a_target_is_found_however_it_is_spelled(folder: Path, spelled: Any) -> None:
    for name in ("data/a.txt", "./data/a.txt", str(folder / "data/a.txt")):
        found = staging(name).find(spelled)
        assert found is not None
        assert found.path == "data/a.txt"


@pytest.mark.parametrize("value", ["", "a.txt", "data", "data/a.txt.gz", None, 3, b"data/a.txt"])
def test_what_is_no_target_is_not_found(value: Any) -> None:
    assert staging("data/a.txt").find(value) is None


def test_folders_are_made_and_the_last_good_is_held_only_where_it_is_needed(folder: Path) -> None:
    for name in ("in_place", "staged"):
        Path(name).write_text("last good")
    staged = staging("in_place", "staged", "new/deep/a", in_place={"in_place"})
    assert staged.missing_folders() == ["new", "new/deep"]
    staged.prepare(update=False)
    targets = staged.targets
    assert Path(targets["in_place"].last_good).read_text() == "last good"
    assert not os.path.exists("in_place")
    assert staged.holds_last_good()
    assert not os.path.exists(targets["staged"].staged)
    assert not os.path.exists(targets["staged"].last_good)
    assert staged.left() == []
    os.rename(targets["in_place"].last_good, "in_place")
    assert not staged.holds_last_good()
    staged.discard()
    assert sorted(os.listdir(".")) == ["in_place", "new", "staged"]


def test_an_update_starts_from_what_is_there(folder: Path) -> None:
    for name in ("a", "in_place"):
        Path(name).write_text("last good")
    os.makedirs("b/deep")
    staged = staging("a", "b", "c", "in_place", in_place={"in_place"})
    staged.prepare(update=True)
    held = staged.targets["in_place"].last_good
    assert Path("in_place").read_text() == Path(held).read_text() == "last good"
    assert Path(staged.path("a")).read_text() == "last good"
    assert os.listdir(staged.path("b")) == ["deep"]
    assert not os.path.exists(staged.path("c"))


def test_a_folder_that_is_a_target_is_for_the_action_to_make() -> None:
    staged = staging("out", "out/a.txt", in_place={"out", "out/a.txt"})
    assert staged.missing_folders() == []
    staged.prepare(update=False)
    assert not os.path.exists("out")


def test_what_was_left_beside_the_targets_belongs_beside_them(folder: Path) -> None:
    staged = staging("data/a.txt", "b.txt")
    staged.prepare(update=False)
    for name in ("data/a.txt", "b.txt"):
        Path(staged.path(name)).write_text("x")
        Path(staged.path(name) + ".log").write_text("x")
    assert [place for _, place in staged.siblings()] == ["data/a.txt.log", "b.txt.log"]
    staged.discard()
    assert staged.siblings() == []


def test_a_link_is_staged_under_its_own_name_where_it_leads_to(folder: Path) -> None:
    os.makedirs("store")
    for link in ("one", "two"):
        os.makedirs(link)
        os.symlink(f"../store/{link}.bin", f"{link}/a.txt")
    staged = staging("one/a.txt", "two/a.txt")
    one, two = staged.path("one/a.txt"), staged.path("two/a.txt")
    assert os.path.dirname(os.path.dirname(one)) == str(folder / "store")
    assert os.path.basename(one) == os.path.basename(two) == "a.txt"
    assert one != two
    assert staged.targets["one/a.txt"].destination == str(folder / "store" / "one.bin")
    staged.prepare(update=False)
    Path(one + ".log").write_text("x")
    assert [place for _, place in staged.siblings()] == ["one/a.txt.log"]


def test_a_link_to_an_input_is_replaced_itself(folder: Path) -> None:
    Path("raw").write_text("raw")
    os.symlink("raw", "latest")
    assert staging("latest", inputs=["raw"]).targets["latest"].destination == "latest"


def test_a_device_is_written_in_place_and_never_copied() -> None:
    os.mkfifo("pipe")
    staged = staging("pipe", "/dev/null")
    staged.prepare(update=False)
    assert staged.path("pipe") == "pipe"
    assert staged.path("/dev/null") == "/dev/null"
    assert os.listdir(".") == ["pipe"]


def test_a_shared_folder_is_written_in_place_and_held_but_for_what_others_make() -> None:
    for path in ("data/mine.txt", "data/large/others.bin", "data/sub/others.txt"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_text(path)
    others = {"data": ("data/large", "data/sub/others.txt")}
    staged = staging("data", shared=["data"], others=others)
    staged.prepare(update=True)
    (target,) = staged.targets.values()
    assert staged.path("data") == "data"
    held = {str(path.relative_to(target.last_good)) for path in Path(target.last_good).rglob("*")}
    assert held == {"mine.txt", "sub"}


def test_a_write_under_the_targets_own_name_is_noticed() -> None:
    Path("a").write_text("1")
    staged = staging("a", "b")
    a, b = staged.targets.values()
    assert not staged.was_touched(a)
    assert not staged.was_touched(b)
    Path("b").write_text("1")
    os.remove("a")
    assert staged.was_touched(a)
    assert staged.was_touched(b)
