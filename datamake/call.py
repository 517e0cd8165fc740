"""A task's Python action, whose function is looked at once and not for each of its tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from doit.action import PythonAction
from doit.task import Task

from datamake.signature import MOST, signature_of

# What doit hands to a parameter of this name.
HANDED: dict[str, Callable[[Task], Any]] = {
    "task": lambda task: task,
    "targets": lambda task: list(task.targets),
    "dependencies": lambda task: list(task.file_dep),
    "changed": lambda task: list(task.dep_changed),
}


class Call(PythonAction):
    """doit's Python action. `function` is what a person wrote of it, without what watches it."""

    function: Callable[..., Any]

    @classmethod
    def like(cls, action: PythonAction) -> Call:
        """Return a copy of an action of doit's own class."""
        call = cls.__new__(cls)
        call.__dict__.update(action.__dict__)
        return call

    def _prepare_kwargs(self) -> dict[str, Any]:
        """Return what the function is called with, by name, as doit finds it."""
        function, task = self.function, self.task
        names = _names(function) if type(function) is FunctionType else None
        if self.args or names is None:
            return dict(super()._prepare_kwargs())
        given = {name: handed(task) for name, handed in HANDED.items() if name in names}
        options = {**task.options, task.pos_arg: task.pos_arg_val}
        return {**self.kwargs, **given, **{n: v for n, v in options.items() if n in names}}


@functools.lru_cache(MOST)
def _names(function: FunctionType) -> frozenset[str] | None:
    """Return the names of a function's parameters, None where doit has to look at more than that.

    It may take any name, or have a default for what doit hands to it, which doit refuses.
    """
    parameters = signature_of(function).parameters
    for name, parameter in parameters.items():
        has_default = parameter.default is not parameter.empty
        if parameter.kind is parameter.VAR_KEYWORD or (name in HANDED and has_default):
            return None
    return frozenset(parameters)
