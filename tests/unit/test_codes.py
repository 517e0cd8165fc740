"""What functions mean, remembered from run to run as long as nothing of it can have changed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import msgspec
import pytest

from datamake import codes
from datamake.code import Code
from datamake.codes import NAME, Codes, Remembered
from datamake.meaning import Meanings
from datamake.store import Store

STAGE = """
from depot.helpers import clean

FIRST, SECOND = (lambda x: clean(x)), (lambda x: clean(x) + 1)

def act(x):
    return clean(x)

def other(x):
    return x
"""
HELPERS = "def clean(x):\n    return x\n"
LONG_AGO = 1_000_000_000


class Notes:
    """Stands for a store: keeps notes, and nothing else."""

    def __init__(self) -> None:
        self.notes: dict[str, bytes] = {}

    def note(self, name: str) -> bytes | None:
        return self.notes.get(name)

    def take_note(self, name: str, body: bytes) -> None:
        self.notes[name] = body


class Reading(Meanings):
    """Reads code, and counts how often."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.read: list[str] = []

    def code(self, function: Any) -> Code:
        self.read.append(function.__qualname__)
        return super().code(function)


class Runs:
    """One run after the other in a project `depot`, each with what the one before noted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes = Notes()

    def __call__(self, *names: str, began: int = 1 << 62) -> tuple[list[str], list[str]]:
        """Return the digests of functions and the names of those that had to be read."""
        codes.STARTED_NS = began
        for name in [name for name in sys.modules if name.partition(".")[0] == "depot"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        module = importlib.import_module("depot.stage")
        reading = Reading(str(self.root))
        store = cast(Store, self.notes)
        run = Codes(str(self.root), lambda: store, lambda: reading)
        digests = [run.of(cast(FunctionType, getattr(module, name))) for name in names]
        run.save(store)
        return digests, reading.read


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(codes, "STARTED_NS", codes.STARTED_NS)
    monkeypatch.syspath_prepend(str(tmp_path))
    write(tmp_path / "depot/__init__.py", "")
    write(tmp_path / "depot/stage.py", STAGE)
    write(tmp_path / "depot/helpers.py", HELPERS)
    yield Runs(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "depot"]:
        del sys.modules[name]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))


def test_what_was_read_is_not_read_again(run: Runs) -> None:
    digests, read = run("act", "other")
    assert read == ["act", "other"]
    assert run("act", "other") == (digests, [])


def test_what_is_new_is_read_and_added(run: Runs) -> None:
    first, _ = run("act")
    second, read = run("act", "other")
    assert (second[:1], read) == (first, ["other"])
    assert run("act", "other") == (second, [])


@pytest.mark.parametrize("file", ["stage.py", "helpers.py"])
def test_an_edit_of_any_file_it_rests_on_has_all_read_again(run: Runs, file: str) -> None:
    run("act", "other")
    path = run.root / "depot" / file
    path.write_text(path.read_text() + "\n# edited\n")
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert run("act", "other")[1] == ["act", "other"]
    assert run("act", "other")[1] == []


def test_an_edit_of_what_it_reaches_is_another_meaning(run: Runs) -> None:
    before, _ = run("act", "other")
    write(run.root / "depot/helpers.py", HELPERS.replace("return x", "return -x"))
    after, _ = run("act", "other")
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_module_that_comes_into_being_in_the_way_is_seen(run: Runs) -> None:
    before, _ = run("act")
    write(run.root / "depot/helpers/__init__.py", "def clean(x):\n    return 2 * x\n")
    after, read = run("act")
    assert read == ["act"]
    assert after != before


def test_two_functions_on_one_line_are_two(run: Runs) -> None:
    both, _ = run("FIRST", "SECOND")
    assert both[0] != both[1]
    assert run("SECOND", "FIRST") == (both[::-1], [])


def test_which_of_two_on_a_line_was_read_first_does_not_matter(run: Runs) -> None:
    second, _ = run("SECOND")
    first, read = run("FIRST")
    assert first != second
    assert read == ["<lambda>"]


def test_a_file_written_since_the_start_may_not_be_what_was_loaded(run: Runs) -> None:
    run("act", began=LONG_AGO * 1_000_000_000)
    assert run.notes.notes == {}
    assert run("act")[1] == ["act"]


def test_what_holds_values_of_this_run_is_not_remembered(run: Runs) -> None:
    held = "import os\nLIMIT = 3\nglobals()['BOUND'] = 4\n\ndef act(x):\n    return x + BOUND\n"
    write(run.root / "depot/stage.py", held)
    before, _ = run("act")
    assert run("act") == (before, ["act"])
    write(run.root / "depot/stage.py", held.replace("= 4", "= 5"))
    assert run("act")[0] != before


VALUES = """
import os

LIMIT = os.environ.get("LIMIT", "3")
OTHER = os.environ.get("OTHER", "3")
TABLE = {}

def act(x):
    return LIMIT

def other(x):
    return OTHER

def both(x):
    return LIMIT, OTHER, TABLE
"""


def test_values_are_compared_and_no_code_is_read_for_it(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run.root / "depot/stage.py", VALUES)
    names = ("act", "other", "both")
    before, read = run(*names)
    assert read == [*names]
    assert run(*names) == (before, [])
    monkeypatch.setenv("LIMIT", "4")
    after, read = run(*names)
    assert read == ["act", "both"]
    assert [new != old for new, old in zip(after, before, strict=True)] == [True, False, True]
    assert run(*names) == (after, [])
    monkeypatch.delenv("LIMIT")
    assert run(*names)[0] == before


def test_a_value_that_changed_is_not_forgotten_for_those_that_were_not_asked_for(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run.root / "depot/stage.py", VALUES)
    before, _ = run("act", "both")
    monkeypatch.setenv("LIMIT", "4")
    run("act")
    assert run("both")[0] != before[1:]
    monkeypatch.delenv("LIMIT")
    assert run("act", "both")[0] == before


def test_a_value_that_comes_into_being_is_seen(run: Runs) -> None:
    write(run.root / "depot/stage.py", VALUES)
    before, _ = run("both")
    write(run.root / "depot/__init__.py", "import depot.stage\ndepot.stage.TABLE['n'] = 1\n")
    after, read = run("both")
    assert read == ["both"]
    assert after != before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no message",
        msgspec.msgpack.encode({"functions": 3}),
        msgspec.msgpack.encode(Remembered(python="2.7")),
        msgspec.msgpack.encode(Remembered(path=["/elsewhere"])),
    ],
)
def test_a_note_of_another_kind_counts_for_nothing(run: Runs, body: bytes) -> None:
    run.notes.take_note(NAME, body)
    assert run("act")[1] == ["act"]
    assert run("act")[1] == []


def test_without_a_store_all_is_read(run: Runs) -> None:
    run("act")
    module = sys.modules["depot.stage"]
    reading = Reading(str(run.root))
    assert Codes(str(run.root), None, lambda: reading).of(module.act)
    assert reading.read == ["act"]
