"""The text and the digest of plain data: what they tell apart, and what they never hold."""

from __future__ import annotations

import argparse
import collections
import configparser
import dataclasses
import datetime
import decimal
import enum
import logging
import math
import os
import re
import subprocess
import sys
import types
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from datamake.plain_data import MOST, PlainData

ROOT = "/home/me/project"
HERE = Path(__file__).parents[2]


class Colour(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Size:
    width: int
    password: str = ""


class Box(msgspec.Struct):
    content: list[int]


class Asked:
    """Gives an attribute of any name, and says that it was asked."""

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__wrapped__"):  # pytest asks for these
            raise AttributeError(name)
        raise AssertionError(f"asked for {name}")


def settings(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


DATA: list[tuple[object, str]] = [
    (None, "None"),
    (True, "True"),
    (10**5000, hex(10**5000)),
    (-0.5, "-0.5"),
    ("a", "'a'"),
    (b"a", "bytes(b'a')"),
    (bytearray(b"a"), "bytearray(b'a')"),
    (memoryview(b"a"), "memoryview(b'a')"),
    ([1, (2,), ()], "[1, (2,), ()]"),
    ({"b": 1, "a": [2]}, "{'b': 1, 'a': [2]}"),
    ({"b", "a"}, "set('a', 'b')"),
    (frozenset({2, 1}), "frozenset(1, 2)"),
    (collections.OrderedDict(a=1), "OrderedDict({'a': 1})"),
    (collections.defaultdict(list, a=[]), "defaultdict({'a': []})"),
    (types.MappingProxyType({"a": 1}), "mappingproxy({'a': 1})"),
    (collections.deque([1]), "deque([1])"),
    (types.SimpleNamespace(a=1), "types.SimpleNamespace(a=1)"),
    (argparse.Namespace(a=1), "argparse.Namespace(a=1)"),
    (settings("[a]\nb = %(c)s"), "ConfigParser({'DEFAULT': {}, 'a': {'b': '%(c)s'}})"),
    (Path("a/b"), "Path('a/b')"),
    (datetime.date(2020, 1, 2), "datetime.date(2020, 1, 2)"),
    (decimal.Decimal("1.50"), "Decimal('1.50')"),
    (uuid.UUID(int=1), "UUID('00000000-0000-0000-0000-000000000001')"),
    (re.compile("a+", re.I), "re.compile('a+', 34)"),
    (Colour.RED, "tests.unit.test_plain_data.Colour.RED(1)"),
    (Point(1, 2), "tests.unit.test_plain_data.Point(x=1, y=2)"),
    (Size(1), "tests.unit.test_plain_data.Size(width=1, password='')"),
    (Box([1]), "tests.unit.test_plain_data.Box(content=[1])"),
    ([len, Size, settings], "[<len>, <tests.unit.test_plain_data.Size>, "
     "<tests.unit.test_plain_data.settings>]"),
    ([Asked()], "[<tests.unit.test_plain_data.Asked>]"),
]  # fmt: skip


@pytest.fixture
def data() -> PlainData:
    return PlainData(ROOT)


@pytest.mark.parametrize(("value", "text"), DATA, ids=[str(text)[:30] for _, text in DATA])
def test_text_of(data: PlainData, value: object, text: str) -> None:
    assert data.text("A", value) == text.replace("Size(width=1, password='')", hidden_size(data))
    assert re.fullmatch("[0-9a-f]{32}", data.digest(value))


def hidden_size(data: PlainData) -> str:
    hidden = data.text("password", "")
    return f"Size(width=1, password={hidden})"


@pytest.mark.parametrize("value", [len, Size, math, Asked(), logging.getLogger("a"), object()])
def test_what_is_no_data_has_no_digest(data: PlainData, value: object) -> None:
    assert data.digest(value) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        ("a", b"a"),
        ([1], (1,)),
        ({1}, frozenset({1})),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Path("a"), "a"),
        ("a" * 20_000, "a" * 20_001),
        (b"a" * 20_000, b"a" * 20_001),
        (list(range(MOST * 2)), [*range(MOST * 2 - 1), -1]),
        ([1.0] * MOST * 2, [1] * MOST * 2),
        ([Path("a")] * MOST * 2, [Path("b")] * MOST * 2),
    ],
)
def test_data_that_differ_have_digests_that_differ(
    data: PlainData, one: object, other: object
) -> None:
    assert data.digest(one) != data.digest(other)
    assert data.text("A", one) != data.text("A", other)


@pytest.mark.parametrize(
    "made",
    [
        lambda root: root,
        lambda root: Path(root) / "data",
        lambda root: [f"sqlite:///{root}/a.db"],
        lambda root: {f"{root}/{number}": root for number in range(MOST)},
        lambda root: [Path(root, str(number)) for number in range(MOST * 2)],
    ],
)
def test_paths_below_the_projects_folder_are_relative_to_it(made: Any) -> None:
    other = "/srv/a much longer place"
    here, there = PlainData(ROOT), PlainData(other)
    assert here.digest(made(ROOT)) == there.digest(made(other))
    assert here.digest(made(ROOT)) != here.digest(made(f"{ROOT}-old"))
    assert ROOT not in here.text("A", made(ROOT))


def test_a_project_in_the_root_folder_has_nothing_relative() -> None:
    data = PlainData(os.sep)
    assert data.text("A", "/a/b") == "'/a/b'"
    assert data.digest(["/a"] * MOST * 2)


def test_what_holds_itself_has_an_end(data: PlainData) -> None:
    circle: list[object] = [1]
    circle.append(circle)
    assert data.text("A", circle) == "[1, [...]]"
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert data.digest(deep)
    assert data.text("A", deep).startswith("<list of 1, blake3 ")


def test_digests_are_the_same_in_every_process() -> None:
    text = (
        "from datamake.plain_data import PlainData; d = PlainData('/p'); "
        "print([d.digest([{f'a{n}', 'b'} for n in range(m)]) for m in (1, 9, 20_000)])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HERE)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_secrets_are_hidden_wherever_they_are(
    data: PlainData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "opensesame")
    secret: dict[str, object] = {
        "password": "swordfish",
        "credentials": {"user": "swordfish", "all": ["swordfish"]},
        "address": "db://opensesame@here",
        "size": Size(1, "swordfish"),
        "secret_key": b"swordfish",
    }
    text = data.text("A", secret)
    assert "swordfish" not in text
    assert "opensesame" not in text
    assert "db://$SERVICE_TOKEN@here" in text
    for key in secret:
        other = data.text("A", {**secret, key: "changed"})
        assert other != text
    assert "swordfish" not in data.text("API_TOKEN", "swordfish")
