"""The text of values: what it tells apart, what it does not, and what it never shows."""

import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import math
import os
import pathlib
import re
import subprocess
import sys
import threading
import types
import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import msgspec
import numpy
import pandas
import pytest

from datamake.code import CodeReader, describe

HERE = str(Path(__file__).parent)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Size:
    width: int
    label: str = dataclasses.field(default="", repr=False)


class Box(msgspec.Struct):
    content: list[int]


class Plain:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: int) -> None:
        self.a = a


class Texts(list[str]):
    pass


class Secretive:
    def __reduce_ex__(self, protocol: object) -> Any:
        raise RuntimeError("not to be copied")


def iter_nothing() -> Iterator[int]:
    yield from ()


def double(x: int) -> int:
    return x * 2


@pytest.fixture
def reader() -> CodeReader:
    return CodeReader(HERE)


@pytest.fixture
def outsider(tmp_path: Path) -> CodeReader:
    """A reader to whose project nothing here belongs."""
    return CodeReader(str(tmp_path))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (10, "10"),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        ("a", "'a'"),
        (b"a", "b'a'"),
        (..., "Ellipsis"),
        ([1, "a"], "[1, 'a']"),
        ((1,), "(1,)"),
        ((), "()"),
        ({"b": 1, "a": [2]}, "{'b': 1, 'a': [2]}"),
        ({"b", "a"}, "set('a', 'b')"),
        (frozenset(), "frozenset()"),
        (range(3), "range(0, 3)"),
        (Path("a/b"), "Path('a/b')"),
        (PurePosixPath("a"), "PurePath('a')"),
        (datetime.date(2020, 1, 2), "date(2020-01-02)"),
        (datetime.datetime(2020, 1, 2, 3), "datetime(2020-01-02T03:00:00)"),
        (datetime.timedelta(1, 2), "datetime.timedelta(1, 2, 0)"),
        (decimal.Decimal("1.50"), "decimal.Decimal('1.50')"),
        (Colour.RED, "test_code_values.Colour.RED(1)"),
        (Point(1, 2), "test_code_values.Point(x=1, y=2)"),
        (Size(1, "a"), "test_code_values.Size(width=1, label='a')"),
        (Box([1]), "test_code_values.Box(content=[1])"),
        (Plain(b=1, a="x"), "test_code_values.Plain(a='x', b=1)"),
        (Slotted(1), "test_code_values.Slotted(a=1)"),
        (Texts(["a"]), "test_code_values.Texts('a')"),
        (Secretive(), "<test_code_values.Secretive>"),
        (object(), "object()"),
        (threading.Lock(), "<_thread.lock>"),
        (iter_nothing(), "<generator>"),
        (collections.OrderedDict(a=1), "collections.OrderedDict('a': 1)"),
        (collections.defaultdict(int, a=1), "collections.defaultdict(int, 'a': 1)"),
        (math, "<module math>"),
        (math.sin, "math.sin"),
        (len, "len"),
        (int, "int"),
        (double, "test_code_values.double"),
        (functools.partial(double, 1), "partial(test_code_values.double, 1)"),
        (functools.partial(double, x=1), "partial(test_code_values.double, x=1)"),
        (numpy.int32(3), "numpy.int32(<i4, 3)"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_text(outsider: CodeReader, value: object, text: str) -> None:
    module = __name__
    assert describe(value, outsider).replace(module, "test_code_values") == text


def zoned(hour: int, zone: str) -> datetime.datetime:
    return datetime.datetime(2020, 1, 2, hour, tzinfo=zoneinfo.ZoneInfo(zone))


APART: list[tuple[object, object]] = [
    (1, True),
    (1, 1.0),
    (1, "1"),
    ("a", b"a"),
    ("a", Path("a")),
    (0.0, -0.0),
    ([1], (1,)),
    ([1, 2], [2, 1]),
    ([[1], 2], [[1, 2]]),
    (["a, b"], ["a", "b"]),
    ({"a": 1}, {"a": 2}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({1}, frozenset({1})),
    (10**5000, 10**5000 + 1),
    (zoned(1, "Europe/Paris"), zoned(1, "Europe/Berlin")),
    (re.compile("a"), re.compile("a", re.I)),
    (uuid.UUID(int=1), uuid.UUID(int=2)),
    (Colour.RED, Colour.BLUE),
    (Size(1, "a"), Size(1, "b")),
    (Plain(a=1), Plain(a=2)),
    (Plain(a=Plain(b=1)), Plain(a=Plain(b=2))),
    (Slotted(1), Slotted(2)),
    (Texts(["a"]), Texts(["b"])),
    (collections.deque([1]), collections.deque([2])),
    (functools.partial(double, 1), functools.partial(double, 2)),
    (lambda: 1, lambda: 2),
    (Point(1, 2)._asdict, Point(1, 3)._asdict),
    ([1].append, [2].append),
    ("a" * 500, "a" * 499 + "b"),
    (list(range(500)), [*range(499), 0]),
    (numpy.arange(3), numpy.arange(4)),
    (numpy.arange(3), numpy.arange(3.0)),
    (numpy.zeros((2, 3)), numpy.zeros((3, 2))),
    (numpy.array(["a", {}], dtype=object), numpy.array(["b", {}], dtype=object)),
    (numpy.int32(1), numpy.int64(1)),
    (numpy.datetime64("2020", "Y"), numpy.datetime64("2020-01", "M")),
    (numpy.ma.array([1]), numpy.ma.array([2])),
    (pandas.Series([1]), pandas.Series([2])),
    (pandas.Series([1]), pandas.Series([1], index=[5])),
    (pandas.DataFrame({"a": ["x"]}), pandas.DataFrame({"a": ["y"]})),
    (pandas.DataFrame({"a": ["x"]}), pandas.DataFrame({"b": ["x"]})),
    (pandas.Timestamp("2020"), pandas.Timestamp("2021")),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), APART, ids=lambda value: type(value).__name__)
def test_tells_apart(reader: CodeReader, one: object, other: object) -> None:
    assert describe(one, reader) == describe(one, reader)
    assert describe(one, reader) != describe(other, reader)


@pytest.mark.parametrize(
    "value", [value for pair in APART for value in pair], ids=lambda value: type(value).__name__
)
def test_text_is_short_and_has_no_address(reader: CodeReader, value: object) -> None:
    text = describe(value, reader)
    assert len(text) <= 200
    assert hex(id(value)) not in text
    assert not re.search(r"\b0x[0-9a-f]{6,}", text) or isinstance(value, int)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a", "b", "c"}, {"c", "b", "a"}),
        (Plain(a=1, b=2), Plain(b=2, a=1)),
        (numpy.zeros((2, 2)), numpy.zeros((2, 2), order="F")),
        (pandas.DataFrame({"a": [1]}), pandas.DataFrame({"a": [1]})),
        (Path("a//b"), pathlib.Path("a/b")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_same_text(reader: CodeReader, one: object, other: object) -> None:
    assert describe(one, reader) == describe(other, reader)


@pytest.mark.parametrize(
    "made",
    [
        lambda root: root,
        lambda root: Path(root, "a"),
        lambda root: [f"--in={root}/a", {"out": (root, f"{root}/b")}],
        lambda root: Plain(folder=Path(root)),
        lambda root: functools.partial(double, root),
    ],
)
def test_paths_below_the_projects_folder_are_relative_to_it(made: Callable[[str], object]) -> None:
    here, there = CodeReader("/srv/here"), CodeReader("/srv/a much longer place")
    assert describe(made("/srv/here"), here) == describe(made("/srv/a much longer place"), there)
    assert describe(made("/srv/here"), here) != describe(made("/srv/here-old"), here)


def test_long_text_is_cut_with_a_digest_of_the_whole(reader: CodeReader) -> None:
    text = describe("a" * 199, reader)
    assert re.fullmatch("'a{59}… \\(blake3 [0-9a-f]{16}\\)", text)
    assert describe("a" * 198, reader) == repr("a" * 198)


def test_code_of_the_project_counts(reader: CodeReader, outsider: CodeReader) -> None:
    for value in (double, Plain, Plain(a=1), Colour.RED, Size(1), functools.partial(double)):
        assert "#" in describe(value, reader)
        assert "#" not in describe(value, outsider)


def test_circles(reader: CodeReader) -> None:
    circle: list[object] = [1]
    circle.append(circle)
    assert describe(circle, reader) == "[1, <circle 1>]"
    plain = Plain(a=1)
    plain.me = [plain]  # type: ignore[attr-defined]
    assert "me=[<circle 2>]" in describe(plain, reader)


def test_function_that_captures_the_list_it_is_in(reader: CodeReader) -> None:
    held: list[object] = [1]
    held.append(lambda: held)
    before = describe(held, reader)
    assert describe(held, reader) == before
    held[0] = 2
    assert describe(held, reader) != before


def test_too_deep_to_describe(reader: CodeReader) -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert describe(deep, reader) == "<list: nested too deeply>"


def test_neither_numpy_nor_pandas_is_imported() -> None:
    program = (
        "import sys\nfrom datamake.code import CodeReader, describe\n"
        f"describe([object(), 1.5, {{1}}], CodeReader({HERE!r}))\n"
        "assert not {'numpy', 'pandas'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": repository()}, check=True)


def test_same_in_every_process() -> None:
    program = (
        "import pandas, numpy\nfrom datamake.code import CodeReader, describe\n"
        f"reader = CodeReader({HERE!r})\n"
        "frame = pandas.DataFrame({'a': ['x', None], 'b': [1, 2]})\n"
        "print(describe([{'a', 'b', 'c'}, object(), frame, numpy.arange(9)], reader))\n"
        "print(describe({'n': {('x', frozenset('abc'))}}, reader))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": repository()},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(printed) == 1


def repository() -> str:
    return os.path.dirname(os.path.dirname(HERE))


def test_namespace_is_described_by_its_content(reader: CodeReader) -> None:
    assert describe(types.SimpleNamespace(a=1), reader) == "types.SimpleNamespace(a=1)"
