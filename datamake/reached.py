"""The values that code reaches by itself, which may name a target: its constants, its variables."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from datamake.failure import is_project_code
from datamake.staging import PATHS

# The code of so many functions is remembered: the stages of one creator follow each other.
MOST_CODE = 256

# How a file is opened: such a text in code stands behind a path.
OPEN_MODE = re.compile(r"[rwax][bt+]{0,2}")


def is_project_class(kind: type) -> bool:
    """Whether a class is of the project's own code."""
    module = inspect.getmodule(kind)
    return is_project_code(str(getattr(module, "__file__", None) or "<unknown>"))


def values_in(reached: Any) -> Iterator[Any]:
    """Yield the values that code reaches: constants, defaults, variables around it, globals."""
    yield from _values_in(reached, set())


def _values_in(reached: Any, seen: set[int]) -> Iterator[Any]:
    if not callable(reached):
        if isinstance(reached, PATHS):
            yield reached
        return
    reached = reached.func if isinstance(reached, functools.partial) else reached
    if hasattr(reached, "__wrapped__"):
        reached = inspect.unwrap(reached)
    if id(reached) in seen:
        return
    seen.add(id(reached))
    if isinstance(reached, type):
        for value in vars(reached).values() if is_project_class(reached) else ():
            yield from _values_in(value, seen)
    elif isinstance(reached, MethodType):
        yield from vars(reached.__self__).values() if hasattr(reached.__self__, "__dict__") else ()
        yield from _values_in(reached.__func__, seen)
    elif isinstance(reached, FunctionType):
        yield from _values_in_function(reached, seen)
    elif is_project_class(type(reached)):
        yield from vars(reached).values() if hasattr(reached, "__dict__") else ()
        yield from _values_in(type(reached), seen)
    else:
        yield reached


def _values_in_function(function: FunctionType, seen: set[int]) -> Iterator[Any]:
    if not is_project_code(function.__code__.co_filename):
        return
    around = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        try:
            around.append(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            continue
    names, constants = _names_and_constants(function.__code__)
    around += constants
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            around += [vars(value)[n] for n in names if n in vars(value)]
        else:
            around.append(value)
    for value in around:
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from _values_in(value, seen)


@functools.lru_cache(MOST_CODE)
def _names_and_constants(code: CodeType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that code looks up, sorted, and its texts that may be paths.

    A target whose name is that of a mode is found out when it turns out to be written by name.
    """
    names: set[str] = set(code.co_names)
    constants: tuple[str, ...] = ()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner_names, inner_constants = _names_and_constants(constant)
            names.update(inner_names)
            constants += inner_constants
        elif isinstance(constant, str) and not OPEN_MODE.fullmatch(constant):
            constants += (constant,)
    return tuple(sorted(names)), constants
