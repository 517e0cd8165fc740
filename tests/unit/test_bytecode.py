"""Compiled code that may be that of an earlier text is removed before it is imported."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from datamake.bytecode import drop_doubtful


def compiled(source: Path) -> Path:
    return Path(str(py_compile.compile(str(source), doraise=True)))


@pytest.mark.parametrize("place", ["stage.py", "tasks/stage.py"])
def test_an_edit_that_python_does_not_see_is_seen(tmp_path: Path, place: str) -> None:
    """Of the same size, and in the second in which the text before it was compiled."""
    source = tmp_path / place
    source.parent.mkdir(exist_ok=True)
    source.write_text("ONE = 1\n")
    written = os.stat(source)
    compiled(source)
    source.write_text("ONE = 2\n")
    os.utime(source, ns=(written.st_atime_ns, written.st_mtime_ns))
    ask = [sys.executable, "-c", "import stage; print(stage.ONE)"]
    old = {**os.environ, "PYTHONPATH": str(source.parent)}
    assert subprocess.check_output(ask, env=old, text=True) == "1\n"
    drop_doubtful(str(tmp_path))
    assert subprocess.check_output(ask, env=old, text=True) == "2\n"


def test_what_was_compiled_long_after_the_last_edit_stays(tmp_path: Path) -> None:
    source = tmp_path / "stage.py"
    source.write_text("ONE = 1\n")
    os.utime(source, (1_700_000_000, 1_700_000_000))
    kept = compiled(source)
    drop_doubtful(str(tmp_path))
    assert kept.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    drop_doubtful(str(tmp_path / "nowhere"))
