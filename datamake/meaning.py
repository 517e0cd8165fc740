"""What a task's actions mean: code, command text and arguments, wherever they are staged."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from types import FunctionType
from typing import Any

from blake3 import blake3
from doit.action import BaseAction, CmdAction, PythonAction, normalize_callable
from doit.task import Task

from datamake.actions import asks_for
from datamake.code import Code, CodeReader, describe
from datamake.model import Meaning
from datamake.redaction import redact, redact_value
from datamake.signature import signature_of
from datamake.stamps import Stamp

# What a command's text says in place of what differs between runs without a change of meaning.
CHANGED = "%(changed)s"


class Meanings:
    """Reads what the actions of a project's tasks mean. `root` is the project's folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._reader = CodeReader(root)
        # Of functions that are called with what their task declares alone.
        self._bare: dict[Callable[..., Any], tuple[Code, Meaning]] = {}

    def of(self, task: Task, packages: Iterable[str] = ()) -> Meaning:
        """Return the meaning of a task's actions, with its parameters' present values.

        `packages` are the installed packages whose versions count.
        """
        if task.options is None and not (task.params or task.creator_params):
            task.options = {}  # as doit finds it, by way of its parser
        task.init_options()
        if not packages and _is_bare(task):
            return self._of_bare(task)
        return self._of(task, packages)

    def _of_bare(self, task: Task) -> Meaning:
        """Return the meaning of a single function without arguments: the same for all its tasks."""
        function = task.actions[0].py_callable
        code = self._reader.of(function)
        known, meaning = self._bare.get(function, (None, None))
        if known is not code or meaning is None:
            meaning = self._of(task, ())
            self._bare[function] = code, meaning
        return meaning

    def _of(self, task: Task, packages: Iterable[str]) -> Meaning:
        code: dict[str, str] = {}
        source: dict[str, str] = {}
        arguments: dict[str, str] = {}
        for number, action in enumerate(task.actions, 1):
            if isinstance(action, PythonAction):
                self._add_python(action, task, code, source)
                values = _call_arguments(
                    (action.py_callable, tuple(action.args), dict(action.kwargs)), task
                )
            else:
                name = f"command {number}" if len(task.actions) > 1 else "command"
                text = self._reader.relative(redact(self._command_text(action, task)))
                source[name] = text
                code[name] = blake3(text.encode("utf-8", "surrogateescape")).hexdigest()
                values = _command_arguments(action, task, self._reader.relative)
            for name, value in values:
                unique = name if name not in arguments else f"action {number}: {name}"
                hide = functools.partial(redact_value, name)
                arguments[unique] = describe(value, self._reader, hide)
        for package, version in self.versions(packages).items():
            arguments[f"version of {package}"] = version
        return Meaning(code, arguments, source, _hands_inputs_on(task))

    def code(self, function: Callable[..., Any]) -> Code:
        """Return what a function means, and on what values that hangs."""
        return self._reader.of(function)

    def look(self) -> None:
        """Read the code of all modules that are imported now."""
        self._reader.look()

    def edited(self, imported: Mapping[str, Stamp | None], meaning: Meaning) -> str | None:
        """Return a file that was imported in another version than a meaning was read from, if any.

        `imported` are the files with their stamps then.
        """
        labels = {name.partition(":")[0] for name in meaning.code}
        for path, stamp in imported.items():
            label = os.path.relpath(path, self._root)
            if label in labels and not self._reader.is_as_read(path, stamp):
                return label
        return None

    def grounds(self) -> tuple[list[str], dict[str, bool]]:
        """Return the files that were read, and for other paths whether something is there."""
        return self._reader.grounds()

    def versions(self, packages: Iterable[str]) -> dict[str, str]:
        """Return the installed versions of packages."""
        return {package: _version(package) for package in packages}

    def _add_python(
        self, action: PythonAction, task: Task, code: dict[str, str], source: dict[str, str]
    ) -> None:
        function = action.py_callable
        while isinstance(function, functools.partial):
            function = function.func
        found = self._reader.of(function)
        code.update(found.digests)
        source.update(found.sources)

    def _command_text(self, action: BaseAction, task: Task) -> str:
        if not isinstance(action, CmdAction):
            return self._reader.of(type(action)).digest
        command = action._action
        if isinstance(command, list):
            return "\n".join(str(word) for word in command)
        if not isinstance(command, str):
            function = command[0] if isinstance(command, tuple) else command
            return self._reader.of(function).digest
        with _settled(task):
            try:
                return str(action.expand_action())
            except (KeyError, ValueError, TypeError, IndexError):
                # It will fail in the same way when it is run, and doit says so then.
                return command


def _is_bare(task: Task) -> bool:
    """Whether all that a task does is to call one function of a module, without arguments."""
    actions = task.actions
    if len(actions) != 1 or type(actions[0]) is not PythonAction:
        return False
    action = actions[0]
    return (
        type(action.py_callable) is FunctionType
        and "<locals>" not in action.py_callable.__qualname__
        and not (action.args or action.kwargs or task.options or task.pos_arg)
    )


def _hands_inputs_on(task: Task) -> bool:
    """Whether a function is handed the inputs; the text of a command shows their order itself."""
    functions = [action for action in task.actions if not isinstance(action, CmdAction)]
    return any(asks_for(action, name) for action in functions for name in ("dependencies", "task"))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@contextmanager
def _settled(task: Task) -> Iterator[None]:
    """Make what a command's text holds the same in every run of the same meaning."""
    changed, options = task.dep_changed, task.options
    task.dep_changed = [CHANGED]
    task.options = {**{name: f"({name} of {of})" for name, of in task.getargs.items()}, **options}
    try:
        yield
    finally:
        task.dep_changed, task.options = changed, options


def _call_arguments(call: tuple[Any, ...], task: Task) -> Iterator[tuple[str, Any]]:
    """Yield what a (function, positional, named) is going to be called with."""
    function, positional, named = call
    while isinstance(function, functools.partial):
        positional, named = (*function.args, *positional), {**function.keywords, **named}
        function = function.func
    owner = getattr(function, "__self__", None)
    if owner is not None and not inspect.ismodule(owner):
        yield "self", owner
    signature = signature_of(function)
    names = [name for name, p in signature.parameters.items() if p.kind is not p.VAR_POSITIONAL]
    for place, value in enumerate(positional):
        yield names[place] if place < len(names) else f"argument {place + 1}", value
    yield from sorted(named.items())
    taken = {*names[: len(positional)], *named}
    yield from _option_arguments(signature, task, taken)


def _option_arguments(
    signature: inspect.Signature, task: Task, taken: set[str]
) -> Iterator[tuple[str, Any]]:
    takes_all = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    options = dict(task.options)
    if task.pos_arg:
        options[task.pos_arg] = task.pos_arg_val
    for name, value in sorted(options.items()):
        # What comes from another task is compared by that task's result.
        if name in taken or name in task.getargs:
            continue
        if takes_all or name in signature.parameters:
            yield name, value


def _command_arguments(
    action: BaseAction, task: Task, relative: Callable[[str], str]
) -> Iterator[tuple[str, Any]]:
    command = getattr(action, "_action", None)
    if isinstance(command, tuple) or callable(command):  # a function that writes the command
        function, arguments, named = normalize_callable(command)
        yield from _call_arguments((function, tuple(arguments), dict(named)), task)
    settings = dict(getattr(action, "pkwargs", {}))
    # Of an environment, what is set for this command counts, and by digest: it may be a secret.
    for name, value in sorted((settings.pop("env", None) or {}).items()):
        if os.environ.get(name) != value:
            content = relative(str(value)).encode("utf-8", "surrogatepass")  # it may name any file
            yield f"environment {name}", blake3(content).hexdigest()[:16]
    yield from sorted(settings.items())
