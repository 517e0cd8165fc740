"""The values that names of imported modules have, found by file and address."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from datamake.present import MISSING, Present

TEXT = """
import functools

LIMIT = 3
TABLE = {"a": {"(b.c[::": [1, 2]}, 0: "zero"}

class Own(dict):
    def __getitem__(self, key):
        raise AssertionError

OWN = Own(a=1)

def __getattr__(name):
    raise AssertionError(f"asked for {name}")

def plain(a, b=[1], *, c={"k": 2}):
    pass

@functools.cache
def cached(n=4):
    pass

class Model:
    rate = 5
    __hidden = 6

    @property
    def asked(self):
        raise AssertionError

    def fit(self, n=7):
        pass

    @staticmethod
    def make(n=8):
        pass

    @classmethod
    def load(cls, n=9):
        pass
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "stock.py").write_text(TEXT)
    yield importlib.import_module("stock")
    sys.modules.pop("stock", None)


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("LIMIT", 3),
        ("plain(b)", [1]),
        ("plain(c)", {"k": 2}),
        ("cached(n)", 4),
        ("Model.rate", 5),
        ("Model.__hidden", 6),
        ("Model.fit(n)", 7),
        ("Model.make(n)", 8),
        ("Model.load(n)", 9),
        ("TABLE['a']['(b.c[::'][-1]", 2),
        ("TABLE[0]", "zero"),
        ("TABLE['b']", MISSING),
        ("TABLE['a'][0]", MISSING),
        ("TABLE[0][0]", MISSING),
        ("TABLE['a']['(b.c[::']['x']", MISSING),
        ("OWN['a']", MISSING),
        ("NOWHERE['a']", MISSING),
        ("NOWHERE", MISSING),
        ("LIMIT.real", MISSING),
        ("LIMIT(n)", MISSING),
        ("plain(a)", MISSING),
        ("Model.nowhere", MISSING),
    ],
)
def test_the_value_at_an_address(module: ModuleType, address: str, value: object) -> None:
    path = str(module.__file__)
    assert Present(str(Path(path).parent)).value(path, address) == value


def test_a_value_is_looked_at_once(module: ModuleType) -> None:
    path = str(module.__file__)
    present = Present(str(Path(path).parent))
    before = present.digest(path, "LIMIT")
    module.LIMIT = 4  # type: ignore[attr-defined]
    assert present.digest(path, "LIMIT") == before
    assert Present(str(Path(path).parent)).digest(path, "LIMIT") != before


def test_what_is_imported_later_is_not_there(module: ModuleType) -> None:
    path = str(module.__file__)
    del sys.modules["stock"]
    present = Present(str(Path(path).parent))
    present.look()
    sys.modules["stock"] = module
    assert present.value(path, "LIMIT") is MISSING
    assert present.digest(path, "LIMIT") == ""


def test_a_module_is_known_by_each_way_to_its_file(module: ModuleType, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert Present(str(link)).value(str(link / "stock.py"), "LIMIT") == 3


def test_modules_from_elsewhere_are_left_alone(tmp_path: Path) -> None:
    assert Present(str(tmp_path)).value(str(importlib.__file__), "sys") is MISSING
