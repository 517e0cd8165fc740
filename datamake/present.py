"""The values that names of a project's modules have before anything is run.

A value is known by the file of its module and its address in it: `LIMIT`, an attribute of a class
`Model.rate`, the default of a parameter `act(n)`, `Model.fit(n)`, what a table has for constant
keys `LIMITS['a'][0]`.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

from datamake.plain_data import PlainData

# What an address has as long as there is no such module or name.
MISSING = object()


class Present:
    """Looks into the modules that are imported when it is first used; imports and runs nothing.

    What modules are imported later, while actions run, hangs on which of them run. A value is
    looked at once, which for all that an action can change is before that action runs.
    """

    def __init__(self, root: str) -> None:
        """`root` is the project's folder."""
        self.data = PlainData(root)
        self._root = root
        self._digests: dict[tuple[str, str], str] = {}

    @cached_property
    def _modules(self) -> dict[str, ModuleType]:
        return _modules_below(self._root)

    def look(self) -> None:
        """Note which modules are imported, unless that is done: before any action runs."""
        self._modules  # noqa: B018  is found out by asking for it

    def value(self, path: str, address: str) -> Any:
        """Return the value at an address of the module with that file, or `MISSING`."""
        module = self._modules.get(path) or self._modules.get(os.path.realpath(path))
        if module is None:
            return MISSING
        place, _, keys = address.partition("[")
        names, _, parameter = place.partition("(")
        value: Any = module
        for name in names.split("."):
            space = getattr(value, "__dict__", None)
            if space is None or _mangled(value, name) not in space:
                return MISSING
            value = space[_mangled(value, name)]
        if keys:
            return _within(value, constant_keys(address))
        return _default(value, parameter[:-1]) if parameter else value

    def digest(self, path: str, address: str) -> str:
        """Return a digest of the value at an address; an empty text where there is no data."""
        key = path, address
        if key not in self._digests:
            value = self.value(path, address)
            self._digests[key] = "" if value is MISSING else self.data.digest(value)
        return self._digests[key]


def _modules_below(root: str) -> dict[str, ModuleType]:
    places = {os.path.abspath(root), os.path.realpath(root)}
    folders = tuple(os.path.join(place, "") for place in places)
    found: dict[str, ModuleType] = {}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(folders):
            found.setdefault(path, module)
            found.setdefault(os.path.realpath(path), module)
    return found


def _mangled(owner: object, name: str) -> str:
    """Return the name under which a class keeps a private one."""
    if isinstance(owner, type) and name.startswith("__") and not name.endswith("__"):
        return f"_{owner.__name__.lstrip('_')}{name}"
    return name


def constant_keys(address: str) -> list[str | int]:
    """Return the constant keys in an address, outermost first."""
    node: ast.expr = ast.parse(address, mode="eval").body
    keys: list[str | int] = []
    while isinstance(node, ast.Subscript):
        keys.append(ast.literal_eval(node.slice))
        node = node.value
    return keys[::-1]


def _within(table: Any, keys: Iterable[str | int]) -> Any:
    """Return what nested dictionaries and sequences have for constant keys."""
    for key in keys:
        try:
            table = table[key] if type(table) in (dict, list, tuple) else MISSING
        except (LookupError, TypeError):
            return MISSING
    return table


def _default(function: Any, parameter: str) -> Any:
    while not isinstance(function, FunctionType):
        inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None)
        if inner is None:
            return MISSING
        function = inner
    while callable(wrapped := getattr(function, "__wrapped__", None)):
        function = wrapped
    if not isinstance(function, FunctionType):
        return MISSING
    named = function.__kwdefaults__ or {}
    if parameter in named:
        return named[parameter]
    defaults = function.__defaults__ or ()
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    last = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    return last.get(parameter, MISSING)
