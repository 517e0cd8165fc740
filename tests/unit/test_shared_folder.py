"""A folder with files of several stages is put back as it was around those of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamake import shared_folder
from datamake.model import StagedTarget

OTHERS = ("data/theirs.txt", "data/raw")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.txt", "theirs.txt", "raw/a.txt", "sub/mine.txt", "same.txt"):
        path = Path("data", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("good")
    Path("data/link").symlink_to("mine.txt")
    Path(".datamake-1/.datamake-last-good").mkdir(parents=True)
    return Path("data")


def target(*, there: bool = True) -> StagedTarget:
    return StagedTarget(
        name="data",
        path="data",
        destination="data",
        staged=".datamake-1/data",
        last_good=".datamake-1/.datamake-last-good/data",
        in_place=True,
        there=there,
        shared=True,
        others=OTHERS,
    )


def contents(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def spoil(data: Path) -> None:
    (data / "mine.txt").write_text("bad")
    (data / "new").mkdir()
    (data / "new/mine.txt").write_text("bad")
    (data / "sub/mine.txt").unlink()
    (data / "link").unlink()
    (data / "link").symlink_to("same.txt")
    (data / "theirs.txt").write_text("theirs, newer")
    (data / "raw/b.txt").write_text("theirs, new")
    (data / ".datamake-2").mkdir()
    (data / ".datamake-2/theirs.txt").write_text("being written")


def test_what_an_attempt_wrote_is_set_aside_and_what_was_there_is_back(data: Path) -> None:
    shared_folder.hold(target())
    spoil(data)
    unfinished = shared_folder.mend(target(), "failed")
    assert contents(data) == {
        ".datamake-2/theirs.txt": "being written",
        "link": "good",
        "mine.txt": "good",
        "raw/a.txt": "good",
        "raw/b.txt": "theirs, new",
        "same.txt": "good",
        "sub/mine.txt": "good",
        "theirs.txt": "theirs, newer",
    }
    assert (data / "link").readlink() == Path("mine.txt")
    assert sorted(Path(path).read_text() for path in unfinished if not Path(path).is_symlink()) == [
        "bad",
        "bad",
    ]


def test_without_a_place_for_it_what_was_written_is_removed(data: Path) -> None:
    shared_folder.hold(target())
    spoil(data)
    assert shared_folder.mend(target(), None) == []
    assert contents(data)["mine.txt"] == "good"
    assert "new/mine.txt" not in contents(data)


def test_what_was_not_held_was_not_touched(data: Path) -> None:
    before = contents(data)
    assert shared_folder.mend(target(), "failed") == []
    assert contents(data) == before


def test_of_a_folder_that_was_not_there_all_but_the_others_files_goes(data: Path) -> None:
    shared_folder.mend(target(there=False), "failed")
    assert contents(data) == {"raw/a.txt": "good", "theirs.txt": "good"}
