"""Files of the project that are opened undeclared are noticed, and nothing else is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from datamake.audit import Audit, Opened


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("declared.csv", "lookup.csv", "code.py"):
        (tmp_path / "data" / name).write_text("1")
    return tmp_path


def heard(root: Path, act: Callable[[], object], *declared: str) -> list[str]:
    audit = Audit(str(root), dict)
    with audit.watching(Opened({}, {})) as opened:
        act()
    return list(audit.undeclared(opened, declared))


def test_an_undeclared_read_is_said(root: Path) -> None:
    said = heard(root, Path("data/lookup.csv").read_text, "data/declared.csv")
    assert said == ["read data/lookup.csv, which it does not declare"]


@pytest.mark.parametrize(
    "name", ["data/declared.csv", "./data/declared.csv", "data/../data/declared.csv"]
)
def test_a_declared_read_is_not_however_it_is_spelled(root: Path, name: str) -> None:
    assert heard(root, Path(name).read_text, "data/declared.csv") == []
    assert heard(root, (root / name).read_text, "data/declared.csv") == []


def test_a_file_below_a_declared_folder_is_declared(root: Path) -> None:
    assert heard(root, Path("data/lookup.csv").read_text, "data") == []


def test_an_undeclared_write_is_said_unless_the_file_is_gone_again(root: Path) -> None:
    assert heard(root, lambda: Path("data/new.csv").write_text("1")) == [
        "wrote data/new.csv, which it does not declare"
    ]

    def write_and_remove() -> None:
        Path("data/gone.csv").write_text("1")
        os.remove("data/gone.csv")

    assert heard(root, write_and_remove) == []


def test_what_was_written_by_the_action_may_be_read_by_it(root: Path) -> None:
    def write_and_read() -> None:
        Path("data/new.csv").write_text("1")
        Path("data/new.csv").read_text()

    assert heard(root, write_and_read) == ["wrote data/new.csv, which it does not declare"]


def test_code_own_files_hidden_files_and_files_elsewhere_are_left_out(root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git/index").write_text("1")
    (root / ".datamake-1-ab").mkdir()
    (root / ".datamake-1-ab/out.csv").write_text("1")

    def act() -> None:
        for name in ("data/code.py", ".git/index", ".datamake-1-ab/out.csv", os.__file__):
            Path(name).read_bytes()

    assert heard(root, act) == []


def test_a_file_that_is_not_there_was_not_read(root: Path) -> None:
    def act() -> None:
        with pytest.raises(FileNotFoundError):
            Path("data/missing.csv").read_text()

    assert heard(root, act) == []


def test_names_as_bytes_and_after_chdir_are_understood(root: Path) -> None:
    def act() -> None:
        os.chdir("data")
        with open(b"lookup.csv"):
            pass
        os.chdir("..")

    assert heard(root, act) == ["read data/lookup.csv, which it does not declare"]


def test_who_is_in_a_folder_that_is_gone_may_open_files_elsewhere(root: Path) -> None:
    def leave_and_read() -> None:
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir(root / "gone")
        with pytest.raises(FileNotFoundError):
            Path("file").read_text()
        (root / "data/lookup.csv").read_text()
        os.chdir(root)

    assert heard(root, leave_and_read) == ["read data/lookup.csv, which it does not declare"]


def test_what_other_threads_open_is_theirs(root: Path) -> None:
    def act() -> None:
        thread = threading.Thread(target=Path("data/lookup.csv").read_text)
        thread.start()
        thread.join()

    assert heard(root, act) == []


def test_outside_of_watching_nothing_is_heard(root: Path) -> None:
    audit = Audit(str(root), dict)
    with audit.watching(Opened({}, {})) as opened:
        pass
    Path("data/lookup.csv").read_text()
    assert list(audit.undeclared(opened, ())) == []
