"""What a task's function is called with is what doit would call it with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from doit.action import PythonAction
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.call import Call


def nothing() -> None: ...
def targets_alone(targets: Any) -> None: ...
def all_of_it(task: Any, targets: Any, dependencies: Any, changed: Any) -> None: ...
def with_options(targets: Any, n: Any, rest: Any = ()) -> None: ...
def by_name_alone(*, targets: Any, n: Any = 1) -> None: ...
def any_number(*values: Any, n: Any = 1) -> None: ...
def any_name(targets: Any, **more: Any) -> None: ...
def reserved(targets: Any = ()) -> None: ...


class Called:
    def __call__(self, targets: Any, n: Any = 1) -> None: ...


def actions(
    function: Callable[..., Any], positional: list[Any], named: dict[str, Any]
) -> tuple[Call, PythonAction]:
    """Return an action as it runs, and doit's own, of a task with options and files."""
    task = Task(
        "t", [(function, positional, named)], file_dep=["a", "b"], targets=["c"], pos_arg="rest"
    )
    task.options, task.pos_arg_val, task.dep_changed = {"n": 3, "m": 4}, ["x"], ["b"]
    [plain] = task.actions
    call = Call.like(plain)
    call.function = function
    return call, plain


@pytest.mark.parametrize("named", [{}, {"n": 7}, {"targets": "mine"}, {"unknown": 1}])
@pytest.mark.parametrize("positional", [[], ["first"], ["first", "second"]])
@pytest.mark.parametrize(
    "function",
    [
        nothing,
        targets_alone,
        all_of_it,
        with_options,
        by_name_alone,
        any_number,
        any_name,
        functools.partial(with_options, n=5),
        Called(),
        Called().__call__,
        lambda targets, n: None,
    ],
)
def test_the_arguments_are_those_that_doit_finds(
    function: Callable[..., Any], positional: list[Any], named: dict[str, Any]
) -> None:
    call, plain = actions(function, positional, named)
    try:
        expected = plain._prepare_kwargs()
    except TypeError as error:
        with pytest.raises(TypeError, match=str(error)):
            call._prepare_kwargs()
    else:
        assert call._prepare_kwargs() == expected


def test_a_default_for_what_doit_hands_on_is_refused() -> None:
    call, _ = actions(reserved, [], {})
    with pytest.raises(InvalidTask, match="reserved by doit"):
        call._prepare_kwargs()


def test_each_call_has_lists_of_its_own() -> None:
    call, _ = actions(all_of_it, [], {})
    call._prepare_kwargs()["targets"].append("more")
    assert call._prepare_kwargs()["targets"] == ["c"]
    assert call.task.targets == ["c"]


def test_a_task_without_a_positional_argument_and_with_no_options() -> None:
    call, plain = actions(targets_alone, [], {})
    call.task.options, call.task.pos_arg = {}, None
    assert call._prepare_kwargs() == plain._prepare_kwargs() == {"targets": ["c"]}
