"""A task's actions, as an attempt runs them: on staged paths, with failures that can be told."""

from __future__ import annotations

import copy
import functools
import inspect
import os
import re
import shutil
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from doit.action import BaseAction, CmdAction, PythonAction
from doit.exceptions import BaseFail
from doit.task import Task

from datamake.staging import Staging

PIPE = re.compile(r"(?<!\|)\|(?!\|)")

# The status of a command whose reader went away (128 + SIGPIPE): `sort big | head -1` is no failure.
BROKEN_PIPE_IS_FINE = "trap '[ $? -eq 141 ] && exit 0' EXIT\n"


class ActionExit(Exception):
    """An action called sys.exit(), which would have ended doit and not the stage."""


class Command(CmdAction):  # type: ignore[misc]
    """A command whose shell pipelines fail when any part of them does."""

    @classmethod
    def like(cls, action: CmdAction) -> Command:
        """Return a command that runs what a doit action would."""
        command = cls.__new__(cls)
        command.__dict__.update(action.__dict__)
        command.pkwargs = dict(action.pkwargs)
        return command

    def expand_action(self) -> Any:
        """Return what is run, in a shell that knows pipefail where the text has a pipe."""
        text = super().expand_action()
        if not (self.shell and isinstance(text, str) and PIPE.search(text)):
            return text
        bash = shutil.which("bash")
        if bash is None or "executable" in self.pkwargs:
            return text
        self.pkwargs["executable"] = bash
        # Where the system's shell is dash, `echo "a\nb"` is two lines; it stays so in bash.
        echo = "shopt -s xpg_echo\n" if _system_shell_is_dash() else ""
        return f"{echo}set -o pipefail\n{BROKEN_PIPE_IS_FINE}{text}"


@functools.cache
def _system_shell_is_dash() -> bool:
    return os.path.basename(os.path.realpath("/bin/sh")) == "dash"


class Raised:
    """Holds the exception that an action raised, with its traceback."""

    def __init__(self) -> None:
        self.exception: BaseException | None = None


def staged_actions(task: Task, staging: Staging, raised: Raised) -> list[BaseAction]:
    """Return copies of a task's actions that write to the staged paths.

    What a Python action raises is put into `raised`.
    """
    return [_staged(action, staging, raised) for action in task.actions]


def _staged(action: BaseAction, staging: Staging, raised: Raised) -> BaseAction:
    if isinstance(action, PythonAction):
        python = copy.copy(action)
        python.args = staging.replace(action.args)
        python.kwargs = staging.replace(action.kwargs)
        python.py_callable = _watched(_staged_callable(action.py_callable, staging), raised)
        return python
    # Subclasses (LongRunning, a user's own) keep their own way of running.
    command = Command.like(action) if type(action) is CmdAction else copy.copy(action)
    if isinstance(getattr(action, "_action", None), list):
        command._action = staging.replace(action._action)
    return command


def _staged_callable(function: Callable[..., Any], staging: Staging) -> Callable[..., Any]:
    if not isinstance(function, functools.partial):
        return function
    arguments = staging.replace(function.args)
    return functools.partial(function.func, *arguments, **staging.replace(function.keywords))


def _watched(function: Callable[..., Any], raised: Raised) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SystemExit as leaving:
            raised.exception = ActionExit(f"the action called sys.exit({leaving.code!r})")
            raise raised.exception from leaving
        except BaseException as error:
            raised.exception = error
            raise

    return watched


def failure_message(failure: BaseFail, staging: Staging) -> str:
    """Return what a failed action says, with targets instead of staged paths."""
    text = str(failure.message).replace(BROKEN_PIPE_IS_FINE, "")
    text = text.replace("set -o pipefail\n", "").replace("shopt -s xpg_echo\n", "")
    return staging.unstaged(text)


def writes_in_place(task: Task, staging: Staging) -> bool:
    """Whether the actions write to the targets by name, instead of to paths they are handed.

    So it is when one of them spells a target out, or when none asks for any.
    """
    if any(_spells_out(action, staging) for action in task.actions):
        return True
    return not any(_is_handed(action, staging) for action in task.actions)


def updates(task: Task) -> bool:
    """Whether an action asks for doit's `changed`: it will only update what is there."""
    return any(_asks_for(action, "changed") for action in task.actions)


def _is_handed(action: BaseAction, staging: Staging) -> bool:
    if isinstance(action, PythonAction):
        function = action.py_callable
        partial = isinstance(function, functools.partial)
        bound = (function.args, function.keywords) if partial else ()
        return (
            _asks_for(action, "targets")
            or _asks_for(action, "task")
            or staging.mentions([action.args, action.kwargs, bound])
        )
    command = getattr(action, "_action", None)
    return _asks_for(action, "targets") or staging.mentions(
        command if isinstance(command, list) else []
    )


def _asks_for(action: BaseAction, name: str) -> bool:
    command = getattr(action, "_action", None)
    if isinstance(command, str):
        return f"%({name})" in command or f"{{{name}}}" in command
    function = action.py_callable if isinstance(action, PythonAction) else command
    if isinstance(function, tuple):
        function = function[0]
    return callable(function) and name in inspect.signature(function).parameters


def _spells_out(action: BaseAction, staging: Staging) -> bool:
    if isinstance(action, PythonAction):
        constants = set(_constants(action.py_callable))
        return not constants.isdisjoint(staging.paths)
    command = getattr(action, "_action", None)
    words = [command] if isinstance(command, str) else []
    if isinstance(command, list):
        words = [str(word) for word in command if str(word) not in staging.paths]
    return any(_names(word, target) for word in words for target in staging.paths)


def _names(text: str, target: str) -> bool:
    return re.search(rf"(?<![\w./-]){re.escape(target)}(?![\w/-])", text) is not None


def _constants(function: Any) -> Iterator[str]:
    function = inspect.unwrap(getattr(function, "func", function))
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield str(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            continue
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType):
        yield from _strings(code)


def _strings(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _strings(constant)
