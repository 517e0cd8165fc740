"""Typed parameters of a task, read from the signature of its creator."""

import functools
import inspect
import os.path
import typing
from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
from doit.exceptions import InvalidCommand

from datamake.parameters.annotations import kind_of
from datamake.parameters.kinds import Kind, MisfitError, shown
from datamake.spelling import nearest

REQUIRED = msgspec.UNSET


class InvalidParameter(InvalidCommand):
    """A parameter, or the value given for one, is wrong; the message is one line."""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a task creator; `default` is typed, or REQUIRED where there is none."""

    name: str
    annotation: Any
    default: Any = REQUIRED

    @property
    def kind(self) -> Kind:
        """What values are taken.

        Raises TypeError or ValueError where the annotation is not supported, which
        `parameters_of` has ruled out.
        """
        return kind_of(self.annotation)

    def describe(self) -> str:
        """The type in words with its bounds, after the description of its Meta if it has one."""
        kind = self.kind
        return f"{kind.description} ({kind.words})" if kind.description else kind.words

    def convert(self, value: object, source: str) -> Any:
        """The typed value of a text, or of a value from TOML.

        `source` says where it was given, such as "on the command line".

        Raises InvalidParameter where it does not fit the annotation.
        """
        try:
            return self.kind.read(value)
        except MisfitError as refused:
            message = f"{self.name}={shown(value)}: {refused}, given {source}"
            raise InvalidParameter(message) from None

    def text(self, value: Any) -> str:
        """What to type to get `value`, which `convert` has returned.

        A list whose items hold commas has no such text, and gives one with more items.
        """
        return self.kind.text(value)


def parameters_of(creator: Callable[..., object]) -> tuple[Parameter, ...]:
    """The parameters that a task creator declares, in the order of its signature.

    A default is converted like a given value, so that a task is the same whether a value is typed
    or left out; pass it on. Not parameters, and so never set: *args and **kwargs, what doit's own
    `task_params` declares, and an unannotated default of a type that no text can give.

    Raises InvalidParameter where an annotation cannot be resolved or is of no supported type, a
    default does not fit its annotation, or a parameter is positional only.
    """
    signature = inspect.signature(creator).parameters
    if not signature:
        return ()
    of_doit = {option["name"] for option in getattr(creator, "_task_creator_params", None) or ()}
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    declared = (
        _parameter(each, _function_of(creator))
        for each in signature.values()
        if each.kind not in variadic and each.name not in of_doit
    )
    return tuple(parameter for parameter in declared if parameter is not None)


def unknown(names: Iterable[str], known: Collection[str]) -> str:
    """The message for names that are no parameter of any task, with the nearest that are."""
    names = list(names)
    what = "a parameter" if len(names) == 1 else "parameters"
    message = f"no task takes {what} named {', '.join(map(repr, names))}"
    if not known:
        return f"{message}: no task here has parameters"
    meant = [found for name in names if (found := _meant(name, known))]
    if meant:
        message += f": did you mean {', '.join(map(repr, dict.fromkeys(meant)))}?"
    else:
        message += "."
    return f"{message} Parameters: {', '.join(sorted(known))}"


def _parameter(declared: inspect.Parameter, function: Callable[..., object]) -> Parameter | None:
    if declared.kind is inspect.Parameter.POSITIONAL_ONLY:
        reason = "is positional only and cannot be set by name, remove the '/'"
        raise InvalidParameter(f"{declared.name}: {reason}, in {_where(function)}")
    if declared.annotation is inspect.Parameter.empty:
        return _unannotated(declared)
    parameter = Parameter(declared.name, _resolved(declared, function))
    try:
        kind_of(parameter.annotation)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"{declared.name}: {error}, in {_where(function)}") from None
    if declared.default is inspect.Parameter.empty:
        return parameter
    default = parameter.convert(declared.default, f"as the default in {_where(function)}")
    return Parameter(declared.name, parameter.annotation, default)


def _unannotated(declared: inspect.Parameter) -> Parameter | None:
    """The parameter that the default alone tells the type of, or None where it tells none."""
    if declared.default is inspect.Parameter.empty:
        return Parameter(declared.name, str)
    annotation = _type_of(declared.default)
    try:
        same = kind_of(annotation).read(declared.default) == declared.default
    except (TypeError, ValueError):
        # A creator may keep what it likes in a default, as plain doit never sets one.
        return None
    return Parameter(declared.name, annotation, declared.default) if same else None


def _type_of(default: object) -> Any:
    if default is None:
        return str | None
    if isinstance(default, list | tuple | set | frozenset):
        item = type(next(iter(default), ""))
        return tuple[item, ...] if isinstance(default, tuple) else type(default)[item]  # type: ignore
    return type(default)


def _resolved(declared: inspect.Parameter, function: Callable[..., object]) -> Any:
    def holder() -> None: ...

    # One by one: what a creator returns may well be imported for type checkers only.
    holder.__annotations__ = {declared.name: declared.annotation}
    names = getattr(function, "__globals__", {})
    try:
        return typing.get_type_hints(holder, globalns=names, include_extras=True)[declared.name]
    except (NameError, AttributeError, SyntaxError, TypeError, ValueError, LookupError) as error:
        reason = f"cannot resolve the annotation {declared.annotation!r} ({shown(error)})"
        raise InvalidParameter(f"{declared.name}: {reason}, in {_where(function)}") from None


def _function_of(creator: Any) -> Any:
    """The function with the code of a creator, which may be wrapped, partial or callable."""
    while isinstance(creator, functools.partial):
        creator = creator.func
    creator = inspect.unwrap(creator)
    return creator if hasattr(creator, "__code__") else type(creator).__call__


def _where(function: Any) -> str:
    code = function.__code__
    return f"{function.__qualname__} ({os.path.relpath(code.co_filename)}:{code.co_firstlineno})"


def _meant(name: str, known: Collection[str]) -> str | None:
    # One letter is like no other to difflib, but is often a slip for the only one there is.
    letters = [each for each in known if len(each) == 1] if len(name) == 1 else []
    return nearest(name, known) or (letters[0] if len(letters) == 1 else None)
