"""When a file counts as the same: by content, by time, by a class of the user's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from doit.dependency import FileChangedChecker, MD5Checker

from datamake.checker import Checker, ContentChecker, TimeChecker, UserChecker
from datamake.disk import LocalDisk
from datamake.stamps import CachedFile


class NoCache:
    """Remembers nothing but what was hashed last."""

    def __init__(self) -> None:
        self.cached: dict[str, CachedFile] = {}
        self.indexes: dict[str, bytes] = {}

    def cached_file(self, path: str) -> CachedFile | None:
        return self.cached.get(path)

    def cache_file(self, path: str, cached: CachedFile) -> None:
        self.cached[path] = cached

    def look_up_below(self, folder: str) -> None:
        pass

    def cached_index(self, key: str) -> bytes | None:
        return self.indexes.get(key)

    def cache_folder(self, key: str, cached: CachedFile, index: bytes) -> None:
        self.cached[key] = cached
        self.indexes[key] = index


class FirstLine(FileChangedChecker):
    """A file is the same as long as its first line is; its state is a tuple, with the length."""

    def check_modified(self, file_path: str, file_stat: os.stat_result, state: Any) -> bool:
        return bool(self.get_state(file_path, None)[0] != state[0])

    def get_state(self, dep: str, current_state: Any) -> Any:
        lines = Path(dep).read_text().splitlines()
        return lines[0], len(lines), {"ends": (lines[-1], None)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("one\ntwo\n")
    os.utime("a", ns=(5, 5))
    return tmp_path


def test_by_content_a_touch_is_no_change_and_a_new_text_is() -> None:
    checker = ContentChecker(LocalDisk(NoCache()))
    before = checker.state("a")
    os.utime("a", ns=(6, 6))
    assert checker.state("a", before) == before
    Path("a").write_text("one\nTWO\n")
    os.utime("a", ns=(6, 6))
    assert checker.state("a", before) != before


def test_by_time_a_touch_is_a_change_and_a_new_text_of_the_same_time_is_none() -> None:
    checker = TimeChecker(LocalDisk(NoCache()))
    before = checker.state("a")
    Path("a").write_text("other")
    os.utime("a", ns=(5, 5))
    assert checker.state("a", before) == before
    os.utime("a", ns=(4, 4))
    assert checker.state("a", before) != before


def test_a_users_class_decides_what_is_a_change() -> None:
    checker = UserChecker(FirstLine())
    before = checker.state("a")
    Path("a").write_text("one\ntwo\nthree\n")
    assert checker.state("a", before) == before
    Path("a").write_text("ONE\ntwo\n")
    assert checker.state("a", before) != before
    assert checker.name == "FirstLine"


def test_a_users_state_is_as_it_comes_back_from_json() -> None:
    assert UserChecker(FirstLine()).state("a") == ["one", 2, {"ends": ["two", None]}]


def test_doits_own_checker_class_serves_as_a_users() -> None:
    checker = UserChecker(MD5Checker())
    before = checker.state("a")
    assert checker.state("a", before) == before
    Path("a").write_text("another")
    assert checker.state("a", before) != before


def test_what_is_not_there_has_no_state() -> None:
    disk = LocalDisk(NoCache())
    for checker in (ContentChecker(disk), TimeChecker(disk), UserChecker(FirstLine())):
        assert checker.state("nothing") is None
        assert checker.state("nothing", "known") is None


def test_a_rename_spares_a_reading_where_there_is_a_cache() -> None:
    cache = NoCache()
    disk = LocalDisk(cache)
    checkers: list[Checker] = [ContentChecker(disk), TimeChecker(disk), UserChecker(FirstLine())]
    for number, checker in enumerate(checkers):
        old, new = f"old{number}", f"new{number}"
        Path(old).write_text("text")
        state = checker.state(old)
        os.rename(old, new)
        checker.renamed(old, new)
        assert checker.state(new, state) == state
    assert list(cache.cached) == ["old0", "new0"]
