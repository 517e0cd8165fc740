"""Task creators as datamake calls them: with typed values, keeping the order of declaration."""

from __future__ import annotations

import functools
import inspect
import re
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

from datamake.declared import Batch, Declared, is_plain
from datamake.parameters import REQUIRED, Parameter, parameters_of
from datamake.paths import DeclaredPaths

Creator = Callable[..., Any]

CONFIGURATION = "[tool.datamake.parameters] of pyproject.toml"


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
            return parameter.convert(self.configured[name], f"in {CONFIGURATION}")
        return parameter.default

    def source(self, parameter: Parameter) -> str:
        """Return where a parameter's value comes from, in words."""
        if parameter.name in self.given:
            return "given on the command line"
        return "from pyproject.toml" if parameter.name in self.configured else "the default"


class Creators:
    """The task creators of a dodo.py, wrapped to be called by doit.

    `parameters` maps a creator's task name to its parameters, `missing` to the names of those
    that have no value: what such a creator would make is not known. `called` counts the calls of
    creators, of which some come late.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self.parameters: dict[str, tuple[Parameter, ...]] = {}
        self.missing: dict[str, tuple[str, ...]] = {}
        self.called = 0

    def wrapped(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dodo.py's namespace with every creator wrapped.

        A class whose objects are creators is left out: doit would take it for one itself.
        """
        return {
            name: self._wrapped(name, value)
            for name, value in namespace.items()
            if not _makes_creators(value)
        }

    def needs(self, name: str) -> str:
        """Return what to tell a person who asked for a task without its required values."""
        given = " ".join(f"{parameter}=..." for parameter in self.missing[name])
        return f"{name} needs {', '.join(self.missing[name])}: type `doit {name} {given}`"

    def summary(self, name: str) -> str:
        """Return a task's parameters with their present values, as one would type them."""
        return " ".join(self._typed(parameter) for parameter in self.parameters[name])

    def values_of(self, stage: str) -> str:
        """Return a stage's parameters with their present values, "" if it has none."""
        return " ".join(self._typed(parameter) for parameter in self._of(stage))

    def can_be_given(self, stage: str, values: str) -> bool:
        """Whether values, as `values_of` writes them, are of the parameters that a stage has."""
        each = " ".join(f"{re.escape(parameter.name)}=.*" for parameter in self._of(stage))
        return re.fullmatch(each, values, re.DOTALL) is not None

    def _of(self, stage: str) -> tuple[Parameter, ...]:
        group = stage.partition(":")[0]
        return self.parameters.get(stage) or self.parameters.get(group, ())

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
        if value is task_params:
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
        names = _promised(creator) or (name,)
        parameters = parameters_of(creator)
        values = {parameter.name: self.values.of(parameter) for parameter in parameters}
        missing = tuple(p.name for p in parameters if values[p.name] is REQUIRED)
        if parameters:
            self.parameters.update(dict.fromkeys(names, parameters))
        if missing:
            self.missing.update(dict.fromkeys(names, missing))

        @functools.wraps(creator)
        def create(**given: Any) -> Any:
            self.called += 1
            if missing:
                return (Task(each, None, doc=creator.__doc__) for each in names)
            with told(names[0]):
                made = _tasks(names[0], creator(**values, **given), creator.__doc__)
            if isinstance(made, Batch) and not is_called_by_loader:
                made = (task for task in made.tasks)
            return self._with_parameters(made, parameters) if parameters else made

        # Others are called by doit's dispatcher, or need doit's own treatment of their tasks.
        is_called_by_loader = not (
            hasattr(creator, "doit_create_after") or hasattr(creator, "_task_creator_params")
        )
        return create

    def _with_parameters(self, made: Any, parameters: tuple[Parameter, ...]) -> Any:
        """Note the parameters of tasks that a creator gives another name (`basename`)."""
        if isinstance(made, Batch):
            for task in made.tasks:
                self._with_parameters(task, parameters)
        elif isinstance(made, Task):
            if not made.subtask_of:
                self.parameters.setdefault(made.name, parameters)
        elif inspect.isgenerator(made):
            return (self._with_parameters(task, parameters) for task in made)
        return made


def _promised(creator: Creator) -> tuple[str, ...]:
    """Return the names of the tasks that `create_after(creates=...)` promises."""
    delayed = getattr(creator, "doit_create_after", None)
    return () if delayed is None else tuple(delayed.creates)


def _makes_creators(value: Any) -> bool:
    if not (inspect.isclass(value) and hasattr(value, "create_doit_tasks")):
        return False
    return inspect.isfunction(inspect.getattr_static(value, "create_doit_tasks"))


def _tasks(name: str, made: Any, doc: str | None) -> Any:
    """Return what a creator made, with its dicts turned into tasks that keep their order."""
    if isinstance(made, dict):
        if is_plain(made) and "name" not in made:
            return Declared({"doc": doc, **made, "name": name})
        declared = made.get("file_dep")
        return _in_order(_generate_task_from_return(name, made, doc), declared)
    if inspect.isgenerator(made):
        tasks = _yielded(name, made, doc)
        return Batch(name, list(tasks.values()) or [Task(name, None, doc=doc, has_subtask=True)])
    return _in_order(made) if isinstance(made, Task) else made


def _yielded(name: str, made: Iterator[Any], doc: str | None) -> dict[str, Task]:
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
        declared = item.get("file_dep") if isinstance(item, dict) else None
        _generate_task_from_yield(tasks, name, item, doc)
        _in_order(tasks[item["name"]], declared)


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
