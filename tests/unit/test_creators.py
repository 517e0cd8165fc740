"""Task creators, as doit calls them through datamake: typed values, declared order."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from doit.exceptions import InvalidTask
from doit.loader import create_after, generate_tasks, load_tasks, task_params
from doit.task import Task

from datamake import Meta
from datamake.creators import Creators, Values
from datamake.declared import each
from datamake.parameters import REQUIRED, InvalidParameter

Count = Annotated[int, Meta(ge=0)]
SHUFFLED = ["m", "c", "z", "a", "k", "b", "y", "d"]


def task_squares(n: Count = 10) -> dict[str, Any]:
    """Square numbers."""
    return {"actions": ["true"], "targets": [f"up_to_{n}"], "doc": f"up to {n!r}"}


def task_needy(day: str, n: Count = 1) -> dict[str, Any]:
    """Needs a day."""
    return {"actions": ["true"], "targets": [f"{day}_{n}"]}


def creators(given: dict[str, str] | None = None, **configured: Any) -> Creators:
    return Creators(Values(given or {}, configured))


def loaded(namespace: dict[str, Any], **given: str) -> dict[str, Task]:
    """The tasks that doit makes of a namespace wrapped by datamake."""
    wrapped = creators(given).wrapped(namespace)
    return {task.name: task for task in each(load_tasks(wrapped, args=()))}


# Values


def test_the_default_the_configuration_and_the_command_line_take_precedence_in_this_order() -> None:
    assert loaded({"task_squares": task_squares})["squares"].targets == ["up_to_10"]
    configured = creators(n=20)
    tasks = load_tasks(configured.wrapped({"task_squares": task_squares}))
    assert tasks[0].targets == ["up_to_20"]
    both = creators({"n": "30"}, n=20)
    tasks = load_tasks(both.wrapped({"task_squares": task_squares}))
    assert tasks[0].targets == ["up_to_30"]
    assert [*configured.described("squares"), *both.described("squares")] == [
        "n=20  int >= 0, from pyproject.toml",
        "n=30  int >= 0, given on the command line",
    ]


@pytest.mark.parametrize(
    ("given", "configured", "place"),
    [
        ({"n": "-1"}, {}, "given on the command line"),
        ({"n": "ten"}, {}, "given on the command line"),
        ({}, {"n": "ten"}, r"in \[tool.datamake.parameters\] of pyproject.toml"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_before_any_creator_runs(
    given: dict[str, str], configured: dict[str, Any], place: str
) -> None:
    ran = []

    def task_squares(n: Count = 10) -> None:
        ran.append(n)

    with pytest.raises(InvalidParameter, match=place):
        creators(given, **configured).wrapped({"task_squares": task_squares})
    assert ran == []


def test_a_required_value_that_is_missing_makes_a_task_that_can_be_listed() -> None:
    found = creators()
    tasks = load_tasks(found.wrapped({"task_needy": task_needy}))
    assert [(task.name, task.doc, task.targets) for task in tasks] == [
        ("needy", "Needs a day.", [])
    ]
    assert found.missing == {"needy": ("day",)}
    assert found.needs("needy") == "needy needs day: type `doit needy day=...`"
    assert found.summary("needy") == "day=... n=1"
    assert found.example("needy") == "day=..."
    assert list(found.described("needy")) == [
        "day=...  str, no default",
        "n=1  int >= 0, the default",
    ]
    assert REQUIRED is found.values.of(found.parameters["needy"][0])


def test_a_required_value_that_is_given_makes_the_task() -> None:
    assert loaded({"task_needy": task_needy}, day="monday")["needy"].targets == ["monday_1"]


def test_a_task_without_parameters_describes_none() -> None:
    assert list(creators().described("unknown")) == []


# Shapes of creators


class Station:
    """Creators as methods."""

    def __init__(self, name: str) -> None:
        self.name = name

    def task_report(self, n: Count = 10) -> dict[str, Any]:
        return {"actions": ["true"], "targets": [f"{self.name}_{n}"]}

    def create_doit_tasks(self, n: Count = 10) -> dict[str, Any]:
        return {"actions": ["true"], "targets": [f"of_{self.name}_{n}"]}


class Static:
    """A class that creates tasks without an instance."""

    @staticmethod
    def create_doit_tasks(n: Count = 10) -> dict[str, Any]:
        return {"actions": ["true"], "targets": [f"static_{n}"], "basename": "static"}


def named(n: Count = 10) -> dict[str, Any]:
    return {"actions": ["true"], "targets": [f"named_{n}"]}


named.create_doit_tasks = named  # type: ignore[attr-defined]
named.basename = "renamed"  # type: ignore[attr-defined]


def test_creators_as_methods_objects_and_marked_functions_take_parameters() -> None:
    namespace = {
        "task_method": Station("here").task_report,
        "station": Station("there"),
        "Static": Static,
        "Station": Station,
        "anything": named,
    }
    tasks = loaded(namespace, n="3")
    assert {name: task.targets for name, task in tasks.items()} == {
        "method": ["here_3"],
        "station": ["of_there_3"],
        "static": ["static_3"],
        "renamed": ["named_3"],
    }


def test_what_is_no_creator_is_left_as_it_is() -> None:
    namespace = {
        "task_params": task_params,
        "Task": Task,
        "task_table": {"a": 1},
        "DOIT_CONFIG": {},
        "module": types,
    }
    assert creators().wrapped(namespace) == namespace


def test_doits_own_task_params_are_doits() -> None:
    @task_params([{"name": "m", "default": 1, "type": int}])  # type: ignore[untyped-decorator]
    def task_both(m: int, n: Count = 10) -> dict[str, Any]:
        return {"actions": ["true"], "targets": [f"{m}_{n}"]}

    found = creators({"n": "3"})
    tasks = load_tasks(found.wrapped({"task_both": task_both}), args=())
    assert tasks[0].targets == ["1_3"]
    assert [parameter.name for parameter in found.parameters["both"]] == ["n"]
    assert [option["name"] for option in tasks[0].creator_params] == ["m"]


def test_parameters_are_known_by_the_names_of_tasks_and_groups() -> None:
    def task_group(n: Count = 1) -> Iterator[dict[str, Any]]:
        yield {"name": "sub", "actions": ["true"]}
        yield {"basename": "other", "actions": ["true"]}

    def task_renamed(n: Count = 1) -> dict[str, Any]:
        return {"basename": "new", "actions": ["true"]}

    found = creators()
    wrapped = found.wrapped({"task_group": task_group, "task_renamed": task_renamed})
    each(load_tasks(wrapped, args=()))
    assert found.parameters.keys() == {"group", "other", "renamed", "new"}


def test_a_delayed_creator_gets_its_values_when_doit_calls_it() -> None:
    @create_after(executed="squares")  # type: ignore[untyped-decorator]
    def task_later(n: Count = 10) -> dict[str, Any]:
        return {"actions": ["true"], "targets": [f"later_{n}"], "file_dep": SHUFFLED}

    wrapped = creators({"n": "3"}).wrapped({"task_squares": task_squares, "task_later": task_later})
    _, later = load_tasks(wrapped, allow_delayed=True)
    assert later.loader.task_dep == "squares"
    (made,) = generate_tasks("later", later.loader.creator())
    assert made.targets == ["later_3"]
    assert list(made.file_dep) == SHUFFLED


def test_a_creator_keeps_its_name_and_its_words() -> None:
    wrapped = creators().wrapped({"task_squares": task_squares})["task_squares"]
    assert wrapped.__name__ == "task_squares"
    assert wrapped.__doc__ == "Square numbers."


# What creators make


def one() -> dict[str, Any]:
    return {"actions": ["true"], "file_dep": SHUFFLED}


def one_with_paths() -> dict[str, Any]:
    return {"actions": ["true"], "file_dep": tuple(map(Path, SHUFFLED))}


def several() -> Iterator[dict[str, Any]]:
    yield {"name": "sub", "actions": ["true"], "file_dep": SHUFFLED}


def nested() -> Iterator[Any]:
    yield several()


def with_basename() -> Iterator[dict[str, Any]]:
    yield {"basename": "other", "actions": ["true"], "file_dep": SHUFFLED}


@pytest.mark.parametrize(
    ("creator", "name"),
    [
        (one, "made"),
        (one_with_paths, "made"),
        (several, "made:sub"),
        (nested, "made:sub"),
        (with_basename, "other"),
    ],
)
def test_inputs_keep_the_order_of_declaration(creator: Callable[[], Any], name: str) -> None:
    assert list(loaded({"task_made": creator})[name].file_dep) == SHUFFLED


def test_inputs_of_a_task_that_the_dodo_made_itself_come_in_one_order() -> None:
    def returned() -> Task:
        return Task("made", ["true"], file_dep=SHUFFLED)

    def yielded() -> Iterator[Task]:
        yield Task("made", ["true"], file_dep=SHUFFLED)

    for creator in (returned, yielded):
        assert list(loaded({"task_made": creator})["made"].file_dep) == sorted(SHUFFLED)


class AddsInput:
    """An `uptodate` object that adds an input to its task."""

    def configure_task(self, task: Task) -> None:
        task.file_dep.add("added")

    def __call__(self) -> bool:
        return True


def test_an_input_that_an_uptodate_object_adds_comes_behind() -> None:
    def task_made() -> dict[str, Any]:
        return {**one(), "uptodate": [AddsInput()]}

    assert list(loaded({"task_made": task_made})["made"].file_dep) == [*SHUFFLED, "added"]


def test_a_generator_of_nothing_is_an_empty_group() -> None:
    def task_none() -> Iterator[dict[str, Any]]:
        yield from ()

    assert loaded({"task_none": task_none})["none"].has_subtask


def test_a_group_may_be_described_by_a_sub_task_without_a_name() -> None:
    def task_all() -> Iterator[dict[str, Any]]:
        yield {"name": None, "doc": "All of them."}
        yield {"name": "a", "actions": ["true"]}

    tasks = loaded({"task_all": task_all})
    assert tasks["all"].doc == "All of them."
    assert tasks["all"].task_dep == ["all:a"]


def test_a_group_that_is_described_behind_its_sub_tasks_keeps_them() -> None:
    def task_all() -> Iterator[dict[str, Any]]:
        yield {"name": "a", "actions": ["true"]}
        yield {"name": "b", "actions": ["true"], "title": lambda task: "B"}
        yield {"name": None, "doc": "All of them.", "task_dep": ["other"]}
        yield {"name": "c", "actions": ["true"]}

    tasks = loaded({"task_all": task_all})
    assert tasks["all"].doc == "All of them."
    assert tasks["all"].task_dep == ["all:a", "all:b", "other", "all:c"]


# Errors


def fails(n: Count = 10) -> dict[str, Any]:
    raise LookupError("no such table")


def fails_later() -> Iterator[dict[str, Any]]:
    yield {"name": "a", "actions": ["true"]}
    raise LookupError("no such table")


@pytest.mark.parametrize("creator", [fails, fails_later])
def test_what_a_creator_raises_is_told_in_one_line_with_its_place(
    creator: Callable[[], Any],
) -> None:
    with pytest.raises(InvalidTask) as caught:
        loaded({"task_made": creator})
    message = str(caught.value)
    assert message.startswith("the creator of made failed: ")
    assert message.endswith(f", in {creator.__name__}: LookupError: no such table")
    assert "test_creators.py:" in message
    assert "\n" not in message


def test_doits_own_errors_stay_what_they_are() -> None:
    with pytest.raises(InvalidTask, match=r"^Task 'made'. Only subtasks use field name"):
        loaded({"task_made": lambda: {"name": "x", "actions": []}})
    with pytest.raises(InvalidTask, match="Must return a dictionary or generator"):
        loaded({"task_made": lambda: ["no", "task"]})
