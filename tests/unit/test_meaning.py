"""What a task's actions mean: which changes count, and under which name they are shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.action import CmdAction
from doit.task import Task
from doit.tools import LongRunning

from datamake.meaning import Meanings
from datamake.model import Meaning

ROOT = str(Path(__file__).parents[2])


def square(numbers: list[int], exponent: int = 2, **more: Any) -> None:
    """Not called."""


def another(numbers: list[int], exponent: int = 2, **more: Any) -> None:
    """Not called either."""
    print(numbers)


class Writer:
    """Holds what its method writes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def write(self, times: int = 1) -> None:
        """Not called."""


def command_for(word: str) -> str:
    return f"echo {word}"


def meaning(*actions: Any, **declared: Any) -> Meaning:
    return Meanings(ROOT).of(Task("squares", list(actions), **declared))


def python(*args: Any, **kwargs: Any) -> Meaning:
    return meaning((square, list(args), kwargs))


# Python actions


def test_arguments_are_known_by_the_functions_own_names() -> None:
    assert python([1, 2], 3).arguments == {"numbers": "[1, 2]", "exponent": "3"}
    assert python([1, 2], exponent=3, colour="red").arguments == {
        "numbers": "[1, 2]",
        "exponent": "3",
        "colour": "'red'",
    }


def test_the_same_argument_by_place_by_name_and_bound_is_the_same() -> None:
    by_place = python([1], 3).arguments
    assert python([1], exponent=3).arguments == by_place
    assert meaning(functools.partial(square, [1], exponent=3)).arguments == by_place
    nested = functools.partial(functools.partial(square, [1]), exponent=3)
    assert meaning(nested).arguments == by_place


@pytest.mark.parametrize("args", [([1, 3],), ([1, 2], 4), ([1, 2], 3, "more")])
def test_another_argument_is_another_meaning(args: tuple[Any, ...]) -> None:
    assert python(*args).arguments != python([1, 2], 3).arguments


def test_arguments_do_not_change_the_code_and_code_not_the_arguments() -> None:
    assert python([1]).code == python([2]).code
    other = meaning((another, [[1]]))
    assert other.arguments == python([1]).arguments
    assert other.code != python([1]).code


def test_the_source_of_each_piece_of_code_is_kept() -> None:
    found = python([1])
    assert found.source.keys() == found.code.keys()
    assert any("def square(numbers" in text for text in found.source.values())


def test_a_bound_method_means_its_object_too() -> None:
    one, same, other = (meaning(Writer(text).write) for text in ("a", "a", "b"))
    assert one == same
    assert one.arguments.keys() == {"self"}
    assert one.arguments != other.arguments


def test_arguments_of_a_second_action_are_told_from_those_of_the_first() -> None:
    found = meaning((square, [[1]]), (another, [[2]]))
    assert found.arguments == {"numbers": "[1]", "action 2: numbers": "[2]"}


def test_an_option_counts_where_the_action_takes_it() -> None:
    def takes(level: int) -> None: ...

    def takes_not() -> None: ...

    def takes_all(**options: Any) -> None: ...

    params = [{"name": "level", "default": 1, "type": int}]
    assert meaning(takes, params=params).arguments == {"level": "1"}
    assert meaning(takes_all, params=params).arguments == {"level": "1"}
    assert meaning(takes_not, params=params).arguments == {}
    assert meaning((takes, [], {"level": 7}), params=params).arguments == {"level": "7"}


def test_a_value_of_another_task_is_compared_by_that_tasks_result() -> None:
    def takes(count: int) -> None: ...

    assert meaning(takes, getargs={"count": ("counter", "count")}).arguments == {}


# Commands


def text(*actions: Any, **declared: Any) -> dict[str, str]:
    return dict(meaning(*actions, **declared).source)


def test_a_command_means_its_expanded_text() -> None:
    declared: dict[str, Any] = {"file_dep": ["a"], "targets": ["b", "c"]}
    assert text("cp %(dependencies)s %(targets)s", **declared) == {"command": "cp a b c"}
    assert text(["cp", "a", Path("b")], **declared) == {"command": "cp\na\nb"}
    assert text("one", "two") == {"command 1": "one", "command 2": "two"}


def test_a_changed_command_has_another_digest() -> None:
    assert meaning("sort a").code == meaning("sort a").code
    assert meaning("sort a").code != meaning("sort -r a").code
    assert meaning("sort %(dependencies)s", file_dep=["a"]).code != (
        meaning("sort %(dependencies)s", file_dep=["b"]).code
    )


@pytest.mark.parametrize(
    "made",
    [
        lambda root: f"cat {root}/a > {root}/b",
        lambda root: ["cp", f"{root}/a", "b"],
        lambda root: CmdAction("ls", cwd=root),
        lambda root: CmdAction("ls", env={"FOLDER": f"{root}/a"}),
    ],
)
def test_a_command_means_the_same_where_the_project_was_moved(made: Callable[[str], Any]) -> None:
    def seen(root: str, project: str) -> Meaning:
        return Meanings(project).of(Task("squares", [made(root)]))

    assert seen("/srv/here", "/srv/here") == seen("/srv/there", "/srv/there")
    assert seen("/srv/here", "/srv/here") != seen("/srv/here", "/srv/there")


def test_what_changed_this_time_is_no_part_of_a_command() -> None:
    task = Task("squares", ["touch %(changed)s"], file_dep=["a"])
    task.dep_changed = []
    before = Meanings(ROOT).of(task)
    task.dep_changed = ["a"]
    assert Meanings(ROOT).of(task) == before
    assert task.dep_changed == ["a"]


def test_a_command_with_a_value_of_another_task_can_be_told() -> None:
    found = text("head -%(count)s", getargs={"count": ("counter", "total")})
    assert found == {"command": "head -(count of ('counter', 'total'))"}


def test_a_command_that_cannot_be_expanded_means_what_is_written() -> None:
    assert text("echo %(unknown)s") == {"command": "echo %(unknown)s"}
    assert text("date +%Y-%m") == {"command": "date +%Y-%m"}


def test_a_function_that_writes_the_command_means_its_code_and_arguments() -> None:
    one = meaning(CmdAction((command_for, ["one"], {})))
    two = meaning(CmdAction((command_for, ["two"], {})))
    assert one.code == two.code
    assert one.arguments == {"word": "'one'"}
    assert two.arguments == {"word": "'two'"}


def test_the_folder_and_the_settings_of_a_command_count() -> None:
    assert meaning(CmdAction("ls", cwd="data")).arguments == {"cwd": "'data'"}


def test_of_an_environment_what_is_set_for_the_command_counts_by_digest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INHERITED", "same")

    def environment(**values: str) -> Meaning:
        return meaning(CmdAction("env", env={"INHERITED": "same", **values}))

    assert environment().arguments == {}
    one, two = environment(MODE="one").arguments, environment(MODE="two").arguments
    assert one.keys() == two.keys() == {"environment MODE"}
    assert one != two
    assert "one" not in one["environment MODE"]


def test_a_class_of_commands_is_known_by_its_text_like_a_plain_one() -> None:
    assert text(LongRunning("vi a")) == {"command": "vi a"}


@pytest.mark.parametrize("make", [lambda: [], lambda: None])
def test_a_group_means_nothing(make: Callable[[], Any]) -> None:
    assert Meanings(ROOT).of(Task("all", make())) == Meaning()
