"""What task creators return or yield, made into tasks."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from doit.exceptions import InvalidCommand, InvalidDodoFile, InvalidTask
from doit.loader import _generate_task_from_return, _generate_task_from_yield, flat_generator
from doit.task import Task

from datamake.declared import Batch, Declared, is_plain, refuse_unknown
from datamake.paths import DeclaredPaths


def tasks_of(name: str, made: Any, doc: str | None) -> Any:
    """Return what a creator made, with its dicts turned into tasks that keep their order."""
    if isinstance(made, dict):
        if is_plain(made) and "name" not in made:
            return Declared({"doc": doc, **made, "name": name})
        refuse_unknown(made, name)
        declared = made.get("file_dep")
        return _in_order(_generate_task_from_return(name, made, doc), declared)
    if inspect.isgenerator(made):
        return _batch(name, list(made), doc)
    return _in_order(made) if isinstance(made, Task) else made


def _batch(name: str, items: list[Any], doc: str | None) -> Batch:
    """Return the tasks of what a creator yielded; those of dicts are made when they are needed."""

    def make() -> list[Task]:
        with told(name):
            tasks = _yielded(name, items, doc)
        return [*tasks.values()] or [Task(name, None, doc=doc, has_subtask=True)]

    if {*map(type, items)} == {dict}:
        return Batch(name, make, items)
    tasks = make()
    return Batch(name, lambda: tasks)


def _yielded(name: str, made: Iterable[Any], doc: str | None) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    for item in made:
        # There may be very many of these, and few of others.
        if type(item) is dict and _add_declared(tasks, name, item, doc):
            continue
        for inner, inner_doc in flat_generator((item,), doc):
            _add(tasks, name, inner, inner_doc)
    return tasks


def _add(tasks: dict[str, Task], name: str, item: Any, doc: str | None) -> None:
    """Add what a creator yielded. Raises InvalidTask where that is no task."""
    if isinstance(item, Task):
        tasks[item.name] = _in_order(item)
    elif not (type(item) is dict and _add_declared(tasks, name, item, doc)):
        declared, members = None, []
        if isinstance(item, dict):
            members = _members(tasks, item.get("basename", name)) if _is_group(item) else []
            refuse_unknown(item, f"{name}:{item['name']}" if "name" in item else name)
            declared = item.get("file_dep")
        _generate_task_from_yield(tasks, name, item, doc)
        made = _in_order(tasks[item["name"]], declared)
        # doit forgets the sub-tasks that were yielded before the group itself.
        made.task_dep[:0] = members


def _is_group(item: dict[str, Any]) -> bool:
    return "name" in item and item["name"] is None


def _members(tasks: dict[str, Task], group: str) -> list[str]:
    known = tasks.get(group)
    return list(known.task_dep) if known is not None and known.has_subtask else []


def _add_declared(tasks: dict[str, Task], name: str, item: dict[str, Any], doc: str | None) -> bool:
    """Add a sub-task or a task that a creator yielded as a plain dict; False if it is none."""
    basename = item.pop("basename", None)
    sub_name = item.get("name")
    plain = is_plain(item)
    if plain and sub_name is not None:
        group_name = basename or name
        full_name = f"{group_name}:{sub_name}"
        group = tasks.get(group_name)
        if full_name not in tasks and (group is None or group.has_subtask):
            if group is None:
                group = tasks[group_name] = Task(group_name, None, doc=doc, has_subtask=True)
            group.task_dep.append(full_name)
            item["name"] = full_name
            tasks[full_name] = Declared(item, group_name)
            return True
    elif plain and basename and "name" not in item and basename not in tasks:
        tasks[basename] = Declared({"doc": doc, **item, "name": basename})
        return True
    if basename is not None:
        item["basename"] = basename
    return False


def _in_order(task: Task, declared: Any = ()) -> Task:
    """Give a task's inputs the order of declaration; those of unknown order follow, sorted.

    Of a Task that the dodo.py made itself the order is lost, and an `uptodate` object may have
    added inputs in its `configure_task`.
    """
    paths = dict.fromkeys(str(path) for path in declared or ())
    task.file_dep = DeclaredPaths([*paths, *sorted(task.file_dep - paths.keys())])
    return task


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what a creator raises into one line that says where. Raises InvalidTask."""
    try:
        yield
    except (InvalidTask, InvalidDodoFile, InvalidCommand):
        raise
    except Exception as error:
        from datamake.failure import project_error

        raise InvalidTask(f"the creator of {name} failed: {project_error(error)}") from error
