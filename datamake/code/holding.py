"""What live functions and classes hold: values they captured, defaults, globals, methods."""

from collections.abc import Iterable
from types import FunctionType


def given_of(functions: Iterable[FunctionType]) -> dict[str, object]:
    """What functions got when they were made: captured values and defaults, by name."""
    given: dict[str, object] = {}
    for function in functions:
        defaults = function.__defaults__ or ()
        positional = function.__code__.co_varnames[: function.__code__.co_argcount]
        given.update(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
        given.update(function.__kwdefaults__ or {})
        given.update(captured_of(function))
    return given


def captured_of(function: FunctionType) -> dict[str, object]:
    """What a function captured, by name."""
    captured = {}
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        try:
            captured[name] = cell.cell_contents
        except ValueError:
            continue  # not set yet
    return captured


def globals_of(function: FunctionType, names: Iterable[str]) -> dict[str, object]:
    """Those of the names that a function's module has, with their values."""
    known = function.__globals__
    return {name: known[name] for name in names if name in known}


def functions_of(kind: type) -> list[FunctionType]:
    """The functions of a class: methods of all sorts, and those behind properties."""
    found = []
    for name in sorted(vars(kind)):
        value = vars(kind)[name]
        behind = [getattr(value, it, None) for it in ("__func__", "fget", "fset", "fdel", "func")]
        found += [one for one in (value, *behind) if isinstance(one, FunctionType)]
    return found
