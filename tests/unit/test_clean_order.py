"""The order of `doit clean`: doit's own, however deep the tasks are."""

from __future__ import annotations

import random

import pytest
from doit.cmd_clean import CleanDepTree
from doit.task import Task

from datamake.clean_order import with_needed, with_sub_tasks


def tangle(seed: int) -> dict[str, Task]:
    """Tasks each of which needs some of those before it, or sets them up, some in groups."""
    chance = random.Random(seed)
    tasks: dict[str, Task] = {}
    for number in range(12):
        before = list(tasks)
        needed = chance.sample(before, min(len(before), chance.randrange(4)))
        setup = chance.sample(before, min(len(before), chance.randrange(2)))
        task = Task(f"t{number}", None, task_dep=needed, setup=setup, has_subtask=True)
        for name in needed:
            if tasks[name].subtask_of is None and chance.random() < 0.5:
                tasks[name].subtask_of = task.name
        tasks[task.name] = task
    return tasks


@pytest.mark.parametrize("seed", range(30))
def test_it_is_the_order_of_doit(seed: int) -> None:
    tasks = tangle(seed)
    names = random.Random(seed).sample(list(tasks), 5)
    for chosen in (names, list(tasks), list(reversed(tasks))):
        tree = CleanDepTree()
        for name in chosen:
            tree.build_nodes_with_deps(tasks, name)
        assert with_needed(tasks, chosen) == tree.flat()
        tree = CleanDepTree()
        tree.build_nodes(tasks, chosen)
        assert with_sub_tasks(tasks, chosen) == tree.flat()


def test_tasks_may_need_each_other_in_a_deep_chain() -> None:
    count = 20_000
    needs = {n: [f"t{n - 1}"] if n else [] for n in range(count)}
    tasks = {f"t{n}": Task(f"t{n}", None, task_dep=needs[n]) for n in range(count)}
    last_first = [f"t{n}" for n in reversed(range(count))]
    assert with_needed(tasks, tasks) == with_needed(tasks, last_first) == last_first


def test_tasks_that_need_each_other_in_a_circle_are_cleaned_once() -> None:
    tasks = {name: Task(name, None, task_dep=[other]) for name, other in ("ab", "ba")}
    assert sorted(with_needed(tasks, tasks)) == ["a", "b"]
