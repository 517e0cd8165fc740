"""Takes out of a run, before anything else looks at them, the tasks that are proved fresh.

What is left is what doit's control and dispatcher, the judge and the runner have to deal with:
tasks that are not proved, all that is downstream of them, and what they name.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from doit.task import Task, result_dep
from msgspec import Struct

from datamake.below import Below
from datamake.declared import Declared, inputs_of
from datamake.makers import Makers
from datamake.paths import canonical, folders_of, is_canonical


class Pruned(Struct):
    """What is left of a project's tasks: those to be looked at, those of them that are selected
    (None for all), those that were left out because they are fresh, and all tasks by name.
    `at_once` is how many were proved fresh at once, of which no tasks are made.
    """

    tasks: list[Task]
    selected: list[str] | None
    fresh: dict[str, Task] = {}
    known: dict[str, Task] = {}
    at_once: int = 0


def prune(
    tasks: Sequence[Task],
    words: Sequence[str] | None,
    makers: Makers,
    fresh_of: Callable[[Mapping[str, Task]], dict[str, Task]],
) -> Pruned | None:
    """Leave out what is proved fresh and not downstream of anything that is not.

    `words` select tasks as on the command line, None all. Returns None where tasks may come to
    depend on others in ways that only doit's dispatcher knows: then nothing can be left out.
    """
    by_name = {task.name: task for task in tasks}
    made = (task for task in tasks if type(task) is not Declared or task.is_made)
    if len(by_name) < len(tasks) or any(map(_is_dynamic, made)):
        return None
    selected = None if words is None else _selected(words, by_name, makers)
    if words is not None and selected is None:
        return None
    needed = by_name if selected is None else _needed(selected, by_name, makers)
    fresh = fresh_of(needed)
    others = [task for name, task in needed.items() if name not in fresh]
    for name in _asked_for(others, by_name):
        if name in fresh:
            others.append(fresh.pop(name))
    others.extend(_downstream(others, fresh, makers))
    left = {task.name for task in others}
    remaining = _without_empty_groups([needed[name] for name in needed if name in left], needed)
    names = {task.name for task in remaining}
    chosen = None if selected is None else [name for name in selected if name in names]
    return Pruned(remaining, chosen, fresh, by_name)


def no_longer_fresh(
    left_out: dict[str, Task],
    makers: Makers,
    fresh_of: Callable[[Mapping[str, Task]], dict[str, Task]],
) -> list[Task]:
    """Take out of what was left out, and return, what is not proved fresh any more.

    That is so where a stage wrote what it does not declare, or a person edited an input since.
    """
    still = fresh_of(left_out)
    if len(still) == len(left_out):
        return []
    found = [left_out.pop(name) for name in list(left_out) if name not in still]
    return [*found, *_downstream(found, left_out, makers)]


def _is_dynamic(task: Task) -> bool:
    """Whether a task that is made, and not as its creator declared it, may change its needs."""
    return bool(task.loader or task.calc_dep or task.wild_dep)


def _selected(words: Sequence[str], tasks: dict[str, Task], makers: Makers) -> list[str] | None:
    """Return the tasks that words of the command line name; None if a word has another meaning."""
    selected: list[str] = []
    for word in words:
        if word in tasks:
            selected.append(word)
        elif word in makers.made:
            selected.append(makers.made[word])
        elif "*" in word and not word.startswith("-"):
            selected.extend(fnmatch.filter(tasks, word))
        else:
            return None
    takes_words = (t for t in map(tasks.__getitem__, selected) if not isinstance(t, Declared))
    return None if any(t.pos_arg or t.params or t.creator_params for t in takes_words) else selected


def _needed(selected: Iterable[str], tasks: dict[str, Task], makers: Makers) -> dict[str, Task]:
    """Return the selected tasks and all upstream of them, in the order of definition."""
    found: set[str] = set()
    waiting = list(selected)
    while waiting:
        name = waiting.pop()
        if name in found or name not in tasks:
            continue
        found.add(name)
        task = tasks[name]
        waiting.extend((*task.task_dep, *task.setup_tasks))
        for path in inputs_of(task):
            waiting.extend(makers.of(path))
    return {name: task for name, task in tasks.items() if name in found}


def _asked_for(others: Iterable[Task], tasks: dict[str, Task]) -> Iterator[str]:
    """Yield the tasks whose results or values others ask for, and the members of such groups."""
    for task in others:
        if isinstance(task, Declared) and not task.is_made:
            continue
        results = [e.dep_name for e, _, _ in task.uptodate if isinstance(e, result_dep)]
        for name in (*results, *task.setup_tasks, *(of[0] for of in task.getargs.values())):
            yield name
            if name in tasks and tasks[name].has_subtask:
                yield from tasks[name].task_dep


def _downstream(others: Sequence[Task], fresh: dict[str, Task], makers: Makers) -> Iterator[Task]:
    """Take out of `fresh`, and yield, what reads what other tasks may be about to make."""
    waiting = {path for task in others for path in makers.targets(task)}
    inputs = {name: _inputs(task, makers.root) for name, task in fresh.items()} if waiting else {}
    folders = folders_of((path for paths in inputs.values() for path in paths), makers.root)
    if makers.links.are_in(folders):
        inputs = {name: makers.links.names(paths) for name, paths in inputs.items()}
        folders = folders_of((path for paths in inputs.values() for path in paths), makers.root)
    if folders.isdisjoint(waiting) and all(waiting.isdisjoint(paths) for paths in inputs.values()):
        return
    readers: dict[str, list[str]] = {}
    for name, paths in inputs.items():
        for path in paths:
            readers.setdefault(path, []).append(name)
    below = Below(readers)
    while waiting:
        made = waiting.pop()
        names = readers.get(made, [])
        if made in folders:
            names = [*names, *(name for path in below.of(made) for name in readers[path])]
        for name in names:
            if name in fresh:
                task = fresh.pop(name)
                waiting.update(makers.targets(task))
                yield task


def _inputs(task: Task, root: str) -> list[str]:
    return [path if is_canonical(path) else canonical(path, root) for path in inputs_of(task)]


def _without_empty_groups(tasks: list[Task], known: Container[str]) -> list[Task]:
    """Have tasks wait for nothing that was left out; leave out groups that have nothing left."""
    by_name = {task.name: task for task in tasks}
    for task in tasks:
        task.task_dep = [n for n in task.task_dep if n in by_name or n not in known]
    asked = set(_asked_for(tasks, by_name))
    empty = _empty_groups([task for task in tasks if task.name not in asked and _only_waits(task)])
    if not empty:
        return tasks
    for task in tasks:
        task.task_dep = [name for name in task.task_dep if name not in empty]
    return [task for task in tasks if task.name not in empty]


def _empty_groups(groups: Sequence[Task]) -> set[str]:
    """Return the names of those of some groups that wait for nothing, or for such groups alone."""
    waits_for = {group.name: len(group.task_dep) for group in groups}
    waited_for: dict[str, list[str]] = {}
    for group in groups:
        for name in group.task_dep:
            waited_for.setdefault(name, []).append(group.name)
    empty = [name for name, count in waits_for.items() if not count]
    for name in empty:
        for other in waited_for.get(name, ()):
            waits_for[other] -= 1
            if not waits_for[other]:
                empty.append(other)
    return set(empty)


def _only_waits(task: Task) -> bool:
    """Whether a task has nothing to do, to read or to make itself."""
    if isinstance(task, Declared):
        return False
    has = task._actions or task.file_dep or task.targets or task.uptodate or task.teardown
    return not (has or task.setup_tasks)
