"""What a dispatcher keeps of tasks that need each other."""

from __future__ import annotations

import pytest
from doit.exceptions import InvalidTask
from doit.task import DelayedLoader, Task

from datamake.control import Control
from datamake.dispatch import Dispatcher


def handed_out(tasks: list[Task], *selected: str) -> tuple[Dispatcher, list[str]]:
    control = Control(tasks)
    control.process(list(selected))
    dispatcher, names, node = Dispatcher.of(control), [], None
    for _ in tasks:
        node = dispatcher.generator.send(node)
        names.append(node.task.name)
        node.run_status = "successful"
    return dispatcher, names


def chain(count: int) -> list[Task]:
    return [Task(f"t{n}", None, task_dep=[f"t{n - 1}"] if n else []) for n in range(count)]


def test_no_task_of_a_deep_chain_lists_those_above_it() -> None:
    dispatcher, names = handed_out(chain(3_000), "t2999")
    assert names == [f"t{n}" for n in range(3_000)]
    assert sum(len(node.ancestors) for node in dispatcher.nodes.values()) == 3_000


def test_what_a_creator_makes_late_is_counted_where_there_are_no_more_tasks_than_before() -> None:
    late = Task("late", None, loader=DelayedLoader(lambda: {"actions": None, "doc": "made"}))
    dispatcher, names = handed_out([Task("first", None), late], "first", "late")
    assert names == ["first", "late"]
    assert dispatcher.tasks["late"].doc == "made"
    assert dispatcher.created == 1


def test_a_circle_that_is_closed_late_is_refused() -> None:
    asking = Task("asking", None)
    asking.values = {"task_dep": ["last"]}
    first = Task("first", None, calc_dep=["asking"])
    last = Task("last", None, task_dep=["first"])
    with pytest.raises(InvalidTask, match=r"circle: (first → last → first|last → first → last)$"):
        handed_out([asking, first, last], "last")
