"""A task's actions, as an attempt runs them: on staged paths, with failures that can be told."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType
from typing import Any

from doit.action import BaseAction, CmdAction, PythonAction
from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.task import Task

from datamake.call import Call
from datamake.exits import forks_ended
from datamake.interruption import Ending
from datamake.shell import Command, UnknownNameError
from datamake.signature import parameters_of, signature_of
from datamake.staged_values import staged
from datamake.staging import Staging
from datamake.trace import Tracer
from datamake.tracking import Progress
from datamake.voice import speaker

# The parameter that says how far an action has come.
PROGRESS = "progress"

# How a traceback ends with a command whose message says it all.
UNKNOWN = f"{UnknownNameError.__module__}.{UnknownNameError.__name__}: "


class ActionExitError(Exception):
    """An action tried to end the whole process, which would have ended doit and not the stage."""


class NotAwaitedError(Exception):
    """An action is an `async` function, of which a call runs nothing."""


class UnusableResultError(Exception):
    """An action returned what doit can make nothing of."""


class Raised:
    """Holds the exception that an action raised, with its traceback; the function that failed."""

    def __init__(self) -> None:
        self.exception: BaseException | None = None
        self.function: Callable[..., Any] | None = None


def staged_actions(
    task: Task, staging: Staging, raised: Raised, tracer: Tracer | None = None
) -> list[BaseAction]:
    """Return copies of a task's actions that write to the staged paths.

    What a person's function raises is put into `raised`; what a command opens is heard by
    `tracer`, if there is one.
    """
    actions = [_staged(action, task, staging, raised) for action in task.actions]
    for action in actions:
        if isinstance(action, Command):
            action.tracer = tracer
    return actions


def _staged(action: BaseAction, task: Task, staging: Staging, raised: Raised) -> BaseAction:
    if isinstance(action, PythonAction):
        python = Call.like(action) if type(action) is PythonAction else copy.copy(action)
        python.args = staged(staging, action.args)
        python.kwargs = staged(staging, action.kwargs)
        if wants_progress(action, task):
            python.kwargs = {**python.kwargs, PROGRESS: Progress(speaker())}
        function = _staged_callable(action.py_callable, staging)
        python.py_callable = _watched(function, raised, _result)
        if isinstance(python, Call):
            python.function = function
        return python
    # Subclasses (LongRunning, a user's own) keep their own way of running.
    command = Command.like(action) if type(action) is CmdAction else copy.copy(action)
    if isinstance(command, CmdAction):
        command._action = _staged_command(action._action, staging, raised)
        command.pkwargs = dict(action.pkwargs)
        if isinstance(action.pkwargs.get("env"), dict):
            command.pkwargs["env"] = staged(staging, action.pkwargs["env"])
    return command


def _staged_command(command: Any, staging: Staging, raised: Raised) -> Any:
    if isinstance(command, list):
        return staged(staging, command)
    if isinstance(command, tuple):
        function, *arguments = command
        return (_watched(function, raised), *staged(staging, arguments))
    return _watched(command, raised) if callable(command) else command


def _staged_callable(function: Callable[..., Any], staging: Staging) -> Callable[..., Any]:
    if not isinstance(function, functools.partial):
        return function
    arguments = staged(staging, function.args)
    return functools.partial(function.func, *arguments, **staged(staging, function.keywords))


def underlying(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that a partial calls in the end; any other as it is."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _watched(
    function: Callable[..., Any], raised: Raised, result: Callable[[Any], Any] | None = None
) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        raised.function = function
        try:
            with forks_ended():
                returned = function(*args, **kwargs)
            returned = (result or _awaited)(returned)
        except (KeyboardInterrupt, Ending):
            raise
        except Exception as error:
            raised.exception = error
            raise
        except BaseException as leaving:
            raised.exception = _as_failure(leaving)
            raise raised.exception from leaving
        if returned is not False:
            raised.function = None
        return returned

    # For doit, which asks for the signature and tells of a failure by the name.
    watched.__wrapped__ = function  # type: ignore[attr-defined]
    original = underlying(function)
    watched.__name__ = getattr(original, "__name__", watched.__name__)
    watched.__qualname__ = getattr(original, "__qualname__", watched.__qualname__)
    return watched


def _result(returned: Any) -> Any:
    """Return what a function returned; raise UnusableResultError for what doit won't have."""
    returned = _awaited(returned)
    if returned is None or isinstance(returned, bool | str | dict | TaskFailed | TaskError):
        return returned
    raise UnusableResultError(
        f"the action returned a value of type {type(returned).__name__}: have it write what it"
        " makes to its targets, and return nothing (None, True, a text or a dict will do; False is"
        " a failure)"
    )


def _awaited(returned: Any) -> Any:
    """Return what a function returned; raise NotAwaitedError where it is still to be run."""
    if not isinstance(returned, CoroutineType | AsyncGeneratorType):
        return returned
    name = returned.__qualname__
    if isinstance(returned, CoroutineType):
        returned.close()  # Python warns of one that was never awaited
    raise NotAwaitedError(
        f"the action {name} is an async function, which doit does not await: have a function"
        f" without `async` call asyncio.run({name.rpartition('.')[2]}(...))"
    )


def wants_progress(action: PythonAction, task: Task) -> bool:
    """Whether an action is handed a Progress: it has such a parameter, and nothing else for it."""
    try:
        if PROGRESS not in parameters_of(action.py_callable):
            return False
        signature = signature_of(action.py_callable)
        wanted = signature.parameters[PROGRESS]
        if wanted.default is not wanted.empty and wanted.default is not None:
            return False
        given = signature.bind_partial(*action.args, **action.kwargs).arguments
    except (TypeError, ValueError):  # it has none, or doit says what is wrong with the call
        return False
    return PROGRESS not in given and PROGRESS not in task.options and task.pos_arg != PROGRESS


def _as_failure(leaving: BaseException) -> ActionExitError:
    what = f"the action raised {type(leaving).__name__}"
    if isinstance(leaving, SystemExit):
        what = f"the action called sys.exit({'' if leaving.code is None else repr(leaving.code)})"
    return ActionExitError(what).with_traceback(leaving.__traceback__)


def failure_message(failure: BaseFail, actions: list[BaseAction]) -> str:
    """Return what a failed action says of itself."""
    text = str(failure.message)
    for action in actions:
        preamble = getattr(action, "preamble", "")
        text = text.replace(preamble, "") if preamble else text
    # doit shows a function as <function check at 0x7f2b1c3d4e50>.
    text = re.sub(r"'?<(?:bound method|function) (\S+)[^>]* at 0x[0-9a-f]+>+'?", r"\1", text)
    if not failure.traceback:
        return text
    last: str = failure.traceback[-1].strip()
    return last.removeprefix(UNKNOWN) if last.startswith(UNKNOWN) else f"{text}: {last}"


def updates(task: Task) -> bool:
    """Whether an action asks for doit's `changed`: it will only update what is there."""
    return any(asks_for(action, "changed") for action in task.actions)


def asks_for(action: BaseAction, name: str) -> bool:
    """Whether doit hands an action a value of this name: `targets`, `changed`, a parameter."""
    if isinstance(action, PythonAction):
        function = action.py_callable
    else:
        function = getattr(action, "_action", None)
    if isinstance(function, str):
        return f"%({name})" in function or f"{{{name}" in function
    if isinstance(function, tuple):
        function = function[0]
    return callable(function) and name in parameters_of(function)
