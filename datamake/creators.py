"""Task creators as datamake calls them: with typed values, keeping the order of declaration."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from doit.exceptions import InvalidCommand, InvalidDodoFile, InvalidTask
from doit.loader import (
    TASK_STRING,
    _generate_task_from_return,
    _generate_task_from_yield,
    flat_generator,
    task_params,
)
from doit.task import Task

from datamake.failure import project_error
from datamake.parameters import REQUIRED, Parameter, parameters_of
from datamake.paths import DeclaredPaths

Creator = Callable[..., Any]


class Values:
    """Where the values of parameters come from: the command line, then the configuration."""

    def __init__(self, given: Mapping[str, str], configured: Mapping[str, Any]) -> None:
        self.given = given
        self.configured = configured

    def of(self, parameter: Parameter) -> Any:
        """Return a parameter's value, REQUIRED if there is none. Raises InvalidParameter."""
        name = parameter.name
        if name in self.given:
            return parameter.convert(self.given[name], "on the command line")
        if name in self.configured:
            place = "in [tool.datamake.parameters] of pyproject.toml"
            return parameter.convert(self.configured[name], place)
        return parameter.default

    def source(self, parameter: Parameter) -> str:
        """Return where a parameter's value comes from, in words."""
        if parameter.name in self.given:
            return "given on the command line"
        return "from pyproject.toml" if parameter.name in self.configured else "the default"


class Creators:
    """The task creators of a dodo.py, wrapped to be called by doit.

    `parameters` maps a creator's task name to its parameters, `missing` to the names of those
    that have no value: what such a creator would make is not known.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self.parameters: dict[str, tuple[Parameter, ...]] = {}
        self.missing: dict[str, tuple[str, ...]] = {}

    def wrapped(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dodo.py's namespace with every creator wrapped."""
        return {name: self._wrapped(name, value) for name, value in namespace.items()}

    def needs(self, name: str) -> str:
        """Return what to tell a person who asked for a task without its required values."""
        given = " ".join(f"{parameter}=..." for parameter in self.missing[name])
        return f"{name} needs {', '.join(self.missing[name])}: type `doit {name} {given}`"

    def summary(self, name: str) -> str:
        """Return a task's parameters with their present values, as one would type them."""
        return " ".join(self._typed(parameter) for parameter in self.parameters[name])

    def described(self, name: str) -> Iterator[str]:
        """Yield a line for each parameter of a task: value, type, and where the value is from."""
        for parameter in self.parameters.get(name, ()):
            value = self.values.of(parameter)
            source = "no default" if value is REQUIRED else self.values.source(parameter)
            yield f"{self._typed(parameter)}  {parameter.describe()}, {source}"

    def example(self, name: str) -> str:
        """Return how to give a task's first parameter."""
        return self._typed(self.parameters[name][0])

    def _typed(self, parameter: Parameter) -> str:
        value = self.values.of(parameter)
        return f"{parameter.name}={'...' if value is REQUIRED else parameter.text(value)}"

    def _wrapped(self, name: str, value: Any) -> Any:
        if value is task_params or inspect.isclass(value):
            return value
        if name.startswith(TASK_STRING) and (inspect.isfunction(value) or inspect.ismethod(value)):
            return self._wrap(name.removeprefix(TASK_STRING), value)
        creator = getattr(value, "create_doit_tasks", None)
        if creator is None:
            return value
        return SimpleNamespace(
            create_doit_tasks=self._wrap(getattr(creator, "basename", name), creator)
        )

    def _wrap(self, name: str, creator: Creator) -> Creator:
        parameters = parameters_of(creator)
        if parameters:
            self.parameters[name] = parameters
        values = {parameter.name: self.values.of(parameter) for parameter in parameters}
        missing = tuple(p.name for p in parameters if values[p.name] is REQUIRED)
        if missing:
            self.missing[name] = missing

        @functools.wraps(creator)
        def create(**given: Any) -> Any:
            if missing:
                return Task(name, None, doc=creator.__doc__)
            with told(name):
                return _tasks(name, creator(**values, **given), creator.__doc__)

        return create


def _tasks(name: str, made: Any, doc: str | None) -> Any:
    """Return what a creator made, with its dicts turned into tasks that keep their order."""
    if isinstance(made, dict):
        declared = made.get("file_dep")
        return _in_order(_generate_task_from_return(name, made, doc), declared)
    if inspect.isgenerator(made):
        return _yielded(name, made, doc)
    return made


def _yielded(name: str, made: Iterator[Any], doc: str | None) -> Iterator[Task]:
    tasks: dict[str, Task] = {}
    with told(name):
        for item, item_doc in flat_generator(made, doc):
            if isinstance(item, Task):
                tasks[item.name] = item
                continue
            declared = item.get("file_dep") if isinstance(item, dict) else None
            _generate_task_from_yield(tasks, name, item, item_doc)
            _in_order(tasks[item["name"]], declared)
    yield from tasks.values()


def _in_order(task: Task, declared: Any) -> Task:
    task.file_dep = DeclaredPaths(str(path) for path in declared or ())
    return task


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what a creator raises into one line that says where. Raises InvalidTask."""
    try:
        yield
    except (InvalidTask, InvalidDodoFile, InvalidCommand):
        raise
    except Exception as error:
        raise InvalidTask(f"the creator of {name} failed: {project_error(error)}") from error
