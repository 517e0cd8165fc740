"""Task creators as datamake calls them: with typed values, keeping the order of declaration."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from doit.loader import TASK_STRING, task_params
from doit.task import Task

from datamake.declared import Batch
from datamake.parameters import REQUIRED, Parameter, parameters_of
from datamake.yielded import tasks_of, told

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

    @property
    def known(self) -> set[str]:
        """The names of the parameters of all creators."""
        return {each.name for declared in self.parameters.values() for each in declared}

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
        for parameter in self._of(name):
            value = self.values.of(parameter)
            source = "no default" if value is REQUIRED else self.values.source(parameter)
            yield f"{self._typed(parameter)}  {parameter.describe()}, {source}"

    def example(self, name: str) -> str:
        """Return how to give a task's first parameter."""
        return self._typed(self._of(name)[0])

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
                made = tasks_of(names[0], creator(**values, **given), creator.__doc__)
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
            batch = made
            noted = functools.partial(self._with_parameters, parameters=parameters)
            return Batch(batch.name, lambda: [*map(noted, batch.tasks)], batch.items)
        if isinstance(made, Task):
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
