"""The dependency graph of doit's tasks, and what is refused about it before anything runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.paths import canonical


def producers(tasks: Iterable[Task], root: str) -> dict[str, str]:
    """Map each target to the name of the task that makes it.

    Raises InvalidTask where two tasks would make the same one, however it is spelled.
    """
    made: dict[str, str] = {}
    for task in tasks:
        for target in task.targets:
            path = canonical(target, root)
            other = made.setdefault(path, task.name)
            if other != task.name:
                raise InvalidTask(
                    f"{path} is a target of both {other} and {task.name}:"
                    " give each task targets of its own"
                )
    return made


def link(tasks: Sequence[Task], root: str) -> None:
    """Make each task depend on those that make its inputs, however the paths are spelled.

    doit links equal spellings; here `./a` and `a` are one, and a file below a folder that is a
    target is made by the folder's task. Raises InvalidTask for a target with two makers, and for
    a calc_dep on no task.
    """
    made = producers(tasks, root)
    _check_calc_deps(tasks)
    for task in tasks:
        needed = dict.fromkeys(makers(task, made, root).values())
        known = set(task.task_dep)
        task.task_dep.extend(name for name in needed if name not in known)


def _check_calc_deps(tasks: Sequence[Task]) -> None:
    """Refuse what doit only stumbles over when it gets there; it checks other names itself."""
    if any(task.loader for task in tasks):
        return  # a creator that runs later may make the task
    names = {task.name for task in tasks}
    for task in tasks:
        for name in sorted(task.calc_dep - names):
            raise InvalidTask(f"{task.name} has a calc_dep on {name}, which is not a task")


def maker(path: str, made: Mapping[str, str]) -> str | None:
    """Return the task that makes a canonical path, or a folder above it; None if none does."""
    while path and path != os.sep:
        if path in made:
            return made[path]
        path = os.path.dirname(path)
    return None


def makers(task: Task, made: Mapping[str, str], root: str) -> dict[str, str]:
    """Map each input of a task that another task makes to the name of that task."""
    found = {}
    for path in (canonical(path, root) for path in task.file_dep):
        made_by = maker(path, made)
        if made_by is not None and made_by != task.name:
            found[path] = made_by
    return found


def upstream(task: Task) -> list[str]:
    """Return the names of the tasks that doit has run before a task may be."""
    return [*task.task_dep, *task.setup_tasks, *sorted(task.calc_dep)]


def in_order(tasks: Mapping[str, Task], selected: Iterable[str]) -> list[str]:
    """Return the selected tasks and all upstream, each behind what it needs.

    Raises InvalidTask, naming the tasks, where they need each other in a circle.
    """
    done: dict[str, None] = {}
    for name in selected:
        _visit(name, tasks, done)
    return list(done)


def _visit(first: str, tasks: Mapping[str, Task], done: dict[str, None]) -> None:
    path: dict[str, Iterator[str]] = {}
    current: str | None = first
    while current is not None:
        if current not in path and current not in done:
            path[current] = iter(upstream(tasks[current]))
        following = next((n for n in path.get(current, ()) if n not in done and n in tasks), None)
        if following is None:
            path.pop(current, None)
            done[current] = None
            current = next(reversed(path), None)
        elif following in path:
            circle = [*list(path)[list(path).index(following) :], following]
            raise InvalidTask(f"tasks need each other in a circle: {' → '.join(circle)}")
        else:
            current = following


def missing_inputs(
    tasks: Mapping[str, Task], order: Iterable[str], made: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield (task, input) for inputs that are not there and that nothing is going to make.

    Behind a task that declares no targets, or whose creator has still to run, all is possible:
    what is missing there shows when it is that task's turn. So it is behind a task that is
    waited for although none of its targets is read.
    """
    root = os.getcwd()
    for name in order:
        task = tasks[name]
        if task.loader or (task._actions and not task.targets):
            return
        read_from = makers(task, made, root)
        if not set(upstream(task)) <= {*read_from.values()}:
            continue
        for path in task.file_dep:
            if canonical(path, root) not in read_from and not os.path.exists(path):
                yield name, path


def folders_with_targets(tasks: Iterable[Task], root: str) -> frozenset[str]:
    """Return every folder below which a task reads or makes a file."""
    folders: set[str] = set()
    for task in tasks:
        for path in (*task.file_dep, *task.targets):
            folder = os.path.dirname(canonical(path, root))
            while folder and folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
                if folder == os.sep:
                    break
    return frozenset(folders)
