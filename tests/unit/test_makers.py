"""Which task makes which path, and which tasks make what is in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.declared import Declared
from datamake.makers import Makers

ROOT = "/project"


def task(name: str, *targets: Any) -> Declared:
    return Declared({"name": name, "actions": ["true"], "targets": list(targets)})


@pytest.mark.parametrize(
    "spelling",
    [
        "data/x",
        "./data/x",
        "data//x",
        "data/./x",
        "a/../data/x",
        "/project/data/x",
        "../project/data/x",
    ],
)
def test_a_path_has_one_maker_however_it_is_spelled(spelling: str) -> None:
    copy = task("copy", spelling)
    makers = Makers([copy], ROOT)
    assert makers.made == {"data/x": "copy"}
    assert makers.targets(copy) == ["data/x"]
    assert list(makers.of("data/x")) == list(makers.of("/project/data/x")) == ["copy"]
    assert not copy.is_made
    with pytest.raises(InvalidTask, match=r"^data/x is a target of both copy and other: give each"):
        Makers([copy, task("other", "data/x")], ROOT)


def test_whatever_kind_of_task_declares_it() -> None:
    plain, made, path = (
        Task("plain", None, targets=["p"]),
        task("made", "m"),
        task("path", Path("q")),
    )
    made.make()
    assert Makers([plain, made, path], ROOT).made == {"p": "plain", "m": "made", "q": "path"}


def test_a_task_may_name_its_target_twice() -> None:
    assert Makers([task("copy", "x", "./x")], ROOT).made == {"x": "copy"}


def test_what_is_no_list_of_paths_is_refused() -> None:
    wrong = Declared({"name": "copy", "actions": ["true"], "targets": "x"})
    with pytest.raises(InvalidTask, match="'copy' attribute 'targets' must be"):
        Makers([wrong], ROOT)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("pages/a", ["a"]),
        ("pages", ["a", "b"]),
        ("pages/", ["a", "b"]),
        ("pages/deep", ["b"]),
        ("page", []),
        ("whole", ["whole", "part"]),
        ("whole/inner", ["whole"]),
        ("whole/part", ["part"]),
        ("whole/deep/inner", ["whole"]),
        ("/elsewhere/x", ["x"]),
        ("/elsewhere", ["x"]),
        ("nothing", []),
        ("../above", []),
        (".", ["a", "b", "whole", "part"]),
    ],
)
def test_who_makes_a_path_or_what_is_in_it(path: str, names: list[str]) -> None:
    tasks = [
        *(task("a", "pages/a"), task("b", "pages/deep/b")),
        *(task("whole", "whole"), task("part", "whole/part"), task("x", "/elsewhere/x")),
    ]
    assert list(Makers(tasks, ROOT).of(path)) == names
