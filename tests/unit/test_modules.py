"""Which modules of a project are imported, and how their files were then."""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from datamake.modules import LateImports, project_modules, saved_since, stamp_at


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    for name in ("first_of_mine", "second_of_mine"):
        (tmp_path / f"{name}.py").write_text("VALUE = 1\n")
    return str(tmp_path)


def paths(root: str) -> list[str]:
    return [os.path.basename(path) for _, path in project_modules(root)]


def test_modules_of_a_project_come_in_the_order_of_their_import(root: str) -> None:
    importlib.import_module("second_of_mine")
    importlib.import_module("first_of_mine")
    assert paths(root) == ["second_of_mine.py", "first_of_mine.py"]
    assert paths(root + "_another") == []


def test_what_stands_in_for_a_module_is_passed_over(root: str) -> None:
    sys.modules["stand_in"] = SimpleNamespace(__file__=Path(root) / "a.py")  # type: ignore[assignment]
    importlib.import_module("first_of_mine")
    assert paths(root) == ["first_of_mine.py"]


def test_what_was_saved_since_is_found_whatever_its_time_says(root: str) -> None:
    importlib.import_module("first_of_mine")
    began = time.time_ns()
    assert saved_since(root, began) is None
    path = os.path.join(root, "first_of_mine.py")
    while time.time_ns() < began + 20_000_000:  # the clock of a file system counts in steps
        Path(path).write_text("VALUE = 2\n")
    os.utime(path, (1, 1))
    assert saved_since(root, began) == path


def test_of_a_file_that_is_gone_nothing_is_said(root: str) -> None:
    importlib.import_module("first_of_mine")
    os.remove(os.path.join(root, "first_of_mine.py"))
    assert saved_since(root, 0) is None


def test_late_imports_are_noted_as_they_were(root: str) -> None:
    importlib.import_module("first_of_mine")
    late = LateImports()
    assert late.look(root) == {}
    importlib.import_module("second_of_mine")
    path = os.path.join(root, "second_of_mine.py")
    before = stamp_at(path)
    assert late.look(root) == {path: before}
    Path(path).write_text("VALUE = 1_000\n")
    assert late.look(root) == {path: before}
    assert stamp_at(path) != before
