"""The answers of a task's own `uptodate` entries, evaluated as doit does."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from doit.dependency import UptodateCalculator
from doit.exceptions import InvalidTask
from doit.task import Task, result_dep


def answers(
    task: Task, values: dict[str, Any], dependency: Any, tasks: Mapping[str, Task]
) -> Iterator[tuple[str, bool]]:
    """Yield the words for each `uptodate` entry that gives an answer, and the answer.

    `values` are those that the last good build saved; `dependency` has doit's interface for
    entries that look at other tasks. An entry that answers None has no opinion. Raises
    InvalidTask, with one line that says where, for what an entry raises.
    """
    for entry, arguments, keywords in task.uptodate:
        if isinstance(entry, UptodateCalculator):
            entry.setup(dependency, tasks)
        with _told(task):
            answer = _answer(entry, arguments, keywords, (task, values))
        if answer is not None:
            yield _words(entry), bool(answer)


@contextmanager
def _told(task: Task) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        from datamake.failure import project_error

        raise InvalidTask(f"uptodate of {task.name} failed: {project_error(error)}") from error


def _answer(entry: Any, arguments: Any, keywords: Any, context: tuple[Task, dict[str, Any]]) -> Any:
    if callable(entry):
        names = list(inspect.signature(entry).parameters)
        given = [
            value
            for place, (name, value) in enumerate(zip(("task", "values"), context, strict=True))
            if names[place : place + 1] == [name]
        ]
        return entry(*given, *arguments, **keywords)
    if isinstance(entry, str):
        quiet = subprocess.DEVNULL
        return subprocess.call(entry, shell=True, stdout=quiet, stderr=quiet) == 0
    return entry


def _words(entry: Any) -> str:
    if isinstance(entry, result_dep):
        return f"result of {entry.dep_name}"
    if isinstance(entry, str | bool):
        return str(entry)
    return str(getattr(entry, "__qualname__", None) or type(entry).__qualname__)
