"""Tasks linked by their files as doit links them, and no slower where there are very many."""

from __future__ import annotations

import pytest
from doit.control import TaskControl
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.control import Control


def tasks() -> list[Task]:
    return [
        Task("a", ["true"], targets=["a.txt", "a2.txt"]),
        Task("b", ["true"], file_dep=["a.txt", "a2.txt", "raw"], targets=["b.txt"]),
        Task("c", ["true"], file_dep=["b.txt", "a.txt"], task_dep=["a", "d"]),
        Task("d", ["true"]),
    ]


def test_tasks_depend_on_whom_doit_has_them_depend_on() -> None:
    ours, theirs = Control(tasks()), TaskControl(tasks())
    assert ours.targets == theirs.targets
    for name, task in ours.tasks.items():
        assert sorted(task.task_dep) == sorted(theirs.tasks[name].task_dep)
    assert ours.tasks["c"].task_dep == ["a", "d", "b"]


def test_two_makers_of_one_target_are_refused_in_doits_words() -> None:
    twice = [*tasks(), Task("e", ["true"], targets=["b.txt"])]
    with pytest.raises(InvalidTask) as ours:
        Control(twice)
    with pytest.raises(InvalidTask) as theirs:
        TaskControl([*tasks(), Task("e", ["true"], targets=["b.txt"])])
    assert str(ours.value) == str(theirs.value)


def test_a_target_that_one_task_names_twice_is_not_taken_for_two_tasks() -> None:
    with pytest.raises(InvalidTask, match=r"^e names its target e\.txt 2 times$"):
        Control([*tasks(), Task("e", ["true"], targets=["e.txt", "e.txt"])])


def test_what_a_task_depends_on_is_not_looked_through_for_each_input() -> None:
    class Counted(list[str]):
        looks = 0

        def __contains__(self, name: object) -> bool:
            Counted.looks += 1
            return super().__contains__(name)

    many = [Task(f"t{n}", ["true"], targets=[f"{n}.txt"]) for n in range(100)]
    last = Task("last", ["true"], file_dep=[f"{n}.txt" for n in range(100)])
    last.task_dep = Counted()
    Control([*many, last])
    assert len(last.task_dep) == 100
    assert Counted.looks == 0
