"""The order in which `doit clean` comes to tasks: who needs a task goes before it, as in doit.

doit follows what tasks need by calls within calls, of which Python has a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from doit.task import Task


def with_needed(tasks: Mapping[str, Task], names: Iterable[str]) -> list[str]:
    """Return tasks, and all that they need, in the order in which they are cleaned."""
    needing: dict[str, list[str]] = {}
    begun: set[str] = set()
    for name in names:
        waiting = _begin(name, tasks, needing, begun)
        while waiting:
            current, needed = waiting[-1]
            following = next(needed, None)
            if following is None:
                waiting.pop()
                continue
            needing.setdefault(following, []).append(current)
            waiting += _begin(following, tasks, needing, begun)
    return _leaves_first(needing)


def with_sub_tasks(tasks: Mapping[str, Task], names: Iterable[str]) -> list[str]:
    """Return tasks, and their sub-tasks, in the order in which they are cleaned."""
    needing: dict[str, list[str]] = {}
    for name in names:
        needing.setdefault(name, [])
        for needed in reversed(tasks[name].task_dep):
            if tasks[needed].subtask_of == name:
                needing.setdefault(needed, []).append(name)
    return _leaves_first(needing)


def _begin(
    name: str, tasks: Mapping[str, Task], needing: dict[str, list[str]], begun: set[str]
) -> list[tuple[str, Iterator[str]]]:
    """Return a task with what it needs, the last first; nothing where that was begun before."""
    if name in begun:
        return []
    begun.add(name)
    needing.setdefault(name, [])
    task = tasks[name]
    return [(name, reversed(task.setup_tasks + task.task_dep))]


def _leaves_first(needing: dict[str, list[str]]) -> list[str]:
    """Return tasks, each behind those that need it; takes them out of `needing`."""
    ordered: list[str] = []
    for first in list(needing):
        if first not in needing:
            continue
        waiting = [(first, iter(needing.pop(first)))]
        while waiting:
            name, others = waiting[-1]
            following = next((other for other in others if other in needing), None)
            if following is None:
                waiting.pop()
                ordered.append(name)
            else:
                waiting.append((following, iter(needing.pop(following))))
    return ordered
