"""What a proof of freshness covers, and for which tasks there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from datamake.proofs import Proofs
from datamake.stamps import Stamp, stamp_of


def act() -> None: ...


def other() -> None: ...


def codes(function: FunctionType) -> str:
    return function.__name__


def proofs(said: Any = "settings", code: Callable[[FunctionType], str] = codes) -> Proofs:
    return Proofs(said, code)


def declaration(**more: Any) -> dict[str, Any]:
    return {"name": "copy", "file_dep": ["a"], "targets": ["b"], "actions": [act], **more}


def content(**more: Any) -> bytes | None:
    return proofs().content(declaration(**more))


# What a task says


@pytest.mark.parametrize(
    "more",
    [
        {"name": "other"},
        {"file_dep": ["b"], "targets": ["a"]},
        {"file_dep": ["a", "c"]},
        {"file_dep": [], "targets": ["a", "b"]},
        {"actions": [other]},
        {"actions": [act, act]},
        {"actions": [(act, [1])]},
        {"actions": [(act, [True])]},
        {"actions": [(act, [1.0])]},
        {"actions": [(act, ["1"])]},
        {"actions": [(act, [b"1"])]},
        {"actions": [(act, [[1]])]},
        {"actions": [(act, [], {"n": 1})]},
        {"actions": [(act, [{"n": None}])]},
        {"actions": ["act"]},
        {"actions": [["act"]]},
        {"verbosity": 2},
        {"clean": True},
    ],
)
def test_whatever_it_says_counts(more: dict[str, Any]) -> None:
    said = content(**more)
    assert said is not None
    assert said != content()
    assert said == content(**more)


class Text(str):
    __slots__ = ()


LOOP: list[Any] = []
LOOP.append(LOOP)


def nested() -> Any:
    def inner() -> None: ...

    return inner


@pytest.mark.parametrize(
    "more",
    [
        {"actions": None},
        {"actions": [print]},
        {"actions": [(act, [object()])]},
        {"actions": [(act, [(1, 2)])]},
        {"actions": [(act, [{1, 2}])]},
        {"actions": [(act, [Text("a")])]},
        {"actions": [(act, [Path("a")])]},
        {"actions": [(act, LOOP)]},
        {"actions": [(act, [1 << 70])]},
        {"actions": [(act, {"n": {(1, 2): 3}})]},
        {"actions": [(print, [1])]},
        {"actions": [nested()]},
        {"actions": [()]},
        {"actions": [["cp", Path("a"), "b"]]},
        {"file_dep": [], "targets": []},
        {"file_dep": [Path("a")]},
        {"file_dep": {"a"}},
        {"targets": None},
        {"file_dep": ["\udc80"]},
        {"meta": {"datamake": {"depends_on": ["doit"]}}},
    ],
)
def test_what_hangs_on_more_has_no_proof(more: dict[str, Any]) -> None:
    assert content(**more) is None


def test_truth_of_what_a_task_says_is_not_asked_for() -> None:
    class Array:
        def __bool__(self) -> bool:
            raise ValueError("ambiguous")

        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = None  # type: ignore[assignment]

    assert content(file_dep=Array()) is None
    assert content(actions=[(act, [Array()])]) is None
    proofs().read_codes([declaration(actions=[(act, [Array()]), Array(), Array])])


def test_the_code_of_a_function_is_read_once_and_beforehand() -> None:
    read: list[str] = []

    def reads(function: FunctionType) -> str:
        read.append(function.__name__)
        return function.__name__

    made = proofs(code=reads)
    made.read_codes([declaration(actions=[(act, [1]), other, "echo", ["echo"], print, ()])])
    made.read_codes([declaration(actions=None)])
    assert read == ["act", "other"]
    assert made.content(declaration()) is not None
    assert read == ["act", "other"]


def test_equal_text_of_code_and_other_code_are_two_contents() -> None:
    first = proofs(code=lambda _: "old").content(declaration())
    assert first != proofs(code=lambda _: "new").content(declaration())


# What its files are like


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("a")
    Path("b").write_text("b")
    return tmp_path


def now(said: Any = "settings", **more: Any) -> bytes | None:
    made = proofs(said)
    found = made.content(declaration(**more))
    assert found is not None
    return made.now(found, declaration(**more))


def stamp(path: str) -> Stamp:
    found = os.stat(path)
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def test_what_was_proved_then_holds_now(folder: Path) -> None:
    made = proofs()
    found = made.content(declaration())
    assert found is not None
    assert made.then(found, [stamp("a"), stamp("b")]) == now()
    assert made.then(found, [stamp("b"), stamp("a")]) != now()


def test_a_time_that_is_too_far_away_to_be_counted_is_proved_too(folder: Path) -> None:
    years = 400 * 365 * 24 * 3600
    os.utime("a", (years, years))
    stamps = [stamp_of(os.stat(path)) for path in ("a", "b")]
    assert stamps[0].mtime_ns == 2**63 - 1
    said = content()
    assert said is not None
    assert proofs().then(said, stamps) == now()


def test_a_change_of_the_settings_leaves_no_proof(folder: Path) -> None:
    assert now() != now("other settings")


def replace(path: str) -> None:
    """Put an equal file with equal times in the place of one."""
    found = os.stat(path)
    Path("new").write_text("a")
    os.utime("new", ns=(found.st_atime_ns, found.st_mtime_ns))
    os.replace("new", path)


@pytest.mark.parametrize("path", ["a", "b"])
@pytest.mark.parametrize(
    "change",
    [
        lambda path: Path(path).write_text("other"),
        lambda path: os.utime(path, (1, 1)),
        replace,
        lambda path: os.chmod(path, 0o600),
    ],
    ids=["content", "time", "file", "mode"],
)
def test_any_change_of_a_file_leaves_no_proof(
    folder: Path, path: str, change: Callable[[str], object]
) -> None:
    before = now()
    change(path)
    assert now() not in (before, None)


@pytest.mark.parametrize("kind", ["nothing", "folder", "link to nothing", "pipe"])
def test_what_is_no_file_has_no_proof(folder: Path, kind: str) -> None:
    os.remove("a")
    assert now() is None
    if kind == "folder":
        os.mkdir("a")
    elif kind == "link to nothing":
        os.symlink("nowhere", "a")
    elif kind == "pipe":
        os.mkfifo("a")
    assert now() is None


def test_a_name_that_can_not_be_one_has_no_proof(folder: Path) -> None:
    assert now(file_dep=["a\0"]) is None
    assert now(file_dep=["a" * 5000]) is None
    assert now(file_dep=[""]) is None


def test_a_link_counts_as_what_it_leads_to(folder: Path) -> None:
    os.symlink("a", "link")
    before = now(file_dep=["link"])
    assert before is not None
    Path("a").write_text("other")
    assert now(file_dep=["link"]) != before


def test_a_file_is_looked_at_once(folder: Path) -> None:
    made = proofs()
    said = [declaration(name=name) for name in ("one", "two")]
    contents = [made.content(task) for task in said]
    assert contents[0] is not None
    assert contents[1] is not None
    before = made.now(contents[1], said[1])
    assert made.now(contents[0], said[0]) != before
    Path("a").write_text("other")
    assert made.now(contents[1], said[1]) == before
