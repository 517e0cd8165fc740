"""Tasks that stay the dicts of their creators until somebody looks."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.declared import Batch, Declared, each, is_plain


def declared(**more: Any) -> Declared:
    return Declared({"name": "copy", "actions": ["true"], **more})


@pytest.mark.parametrize("paths", [["b", "a"], ("b", "a")])
def test_paths_are_read_in_their_order_without_making_a_task(paths: Any) -> None:
    task = declared(file_dep=paths, targets=paths)
    assert list(task.file_dep) == ["b", "a"]
    assert task.targets == ["b", "a"]
    assert not task.is_made


def test_a_plain_task_depends_on_nothing_else_and_that_makes_no_task() -> None:
    task = declared()
    assert (task.task_dep, task.setup_tasks, task.uptodate, task.calc_dep) == ([], [], [], set())
    assert task.loader is None
    assert not task.is_made


@pytest.mark.parametrize(
    "name", ["actions", "custom_title", "has_subtask", "params", "getargs", "doc"]
)
def test_whatever_else_is_asked_for_makes_it(name: str) -> None:
    task, plain = declared(doc="Copy."), Task("copy", ["true"], doc="Copy.")
    value = getattr(task, name)
    assert task.is_made
    if not callable(value) and name != "actions":
        assert value == getattr(plain, name)


def test_what_was_changed_before_it_is_made_stays_so() -> None:
    task = declared(file_dep=["a"])
    task.task_dep.append("other")
    task.make()
    assert task.task_dep == ["other"]
    assert list(task.file_dep) == ["a"]
    task.task_dep.append("third")
    task.make()
    assert task.task_dep == ["other", "third"]


def test_paths_that_are_no_texts_become_texts() -> None:
    task = declared(file_dep=[Path("b"), "a"], targets=[Path("c")])
    assert task.targets == ["c"]
    assert task.is_made
    assert list(task.file_dep) == ["b", "a"]


@pytest.mark.parametrize(
    "wrong", [{"file_dep": "a"}, {"file_dep": {"a"}}, {"targets": [1]}, {"verbosity": "loud"}]
)
def test_what_is_wrong_is_told_whenever_somebody_looks(wrong: dict[str, Any]) -> None:
    task = declared(**wrong)
    for _ in range(2):
        with pytest.raises(InvalidTask, match="copy"):
            task.make()
        assert not task.is_made


def test_what_no_task_has_is_an_attribute_error() -> None:
    task = declared()
    with pytest.raises(AttributeError, match="colour"):
        _ = task.colour


def test_another_process_gets_a_whole_task() -> None:
    task = pickle.loads(pickle.dumps(declared(file_dep=["b", "a"])))
    assert task.is_made
    assert list(task.file_dep) == ["b", "a"]


def test_a_sub_task_knows_its_group() -> None:
    task = Declared({"name": "copy:1", "actions": ["true"]}, "copy")
    assert task.subtask_of == "copy"
    task.make()
    assert task.subtask_of == "copy"


def test_a_batch_is_its_tasks_in_its_place() -> None:
    first, last = Task("first", None), Task("last", None)
    inner = [declared(), Task("group", None)]
    assert each([first, Batch("copy", lambda: inner), last]) == [first, *inner, last]


@pytest.mark.parametrize(
    ("more", "plain"),
    [
        ({}, True),
        ({"file_dep": [], "targets": [], "doc": "", "clean": True, "verbosity": 2}, True),
        ({"uptodate": [True]}, False),
        ({"task_dep": ["other"]}, False),
        ({"getargs": {}}, False),
        ({"teardown": []}, False),
        ({"basename": "other"}, False),
    ],
)
def test_what_hangs_on_more_than_its_files_and_code_is_not_plain(
    more: dict[str, Any], plain: bool
) -> None:
    assert is_plain({"actions": None, **more}) is plain
    assert not is_plain({**more})
