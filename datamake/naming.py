"""Which targets the actions name themselves, instead of writing where they are told to."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from doit.action import BaseAction, CmdAction, PythonAction
from doit.task import Task

from datamake.actions import asks_for
from datamake.failure import is_project_code
from datamake.model import StagedTarget
from datamake.paths import canonical
from datamake.reached import is_project_class, values_in
from datamake.staged_values import LISTS, handed_in
from datamake.staging import PATHS, Staging

LONGEST_PATH = 4096

# The paths that so many texts in code might spell are remembered.
MOST_VALUES = 1024

# A script that is larger holds data.
LARGEST_SCRIPT_BYTES = 1_000_000


def targets_in_place(task: Task, staging: Staging) -> frozenset[str]:
    """Return the paths of the targets that the actions write under their own names.

    These are the ones that an action spells out, in its text, its code or a script that it
    runs, and those that no action is handed.
    """
    targets = staging.targets
    handed = {target.path for action in task.actions for target in _handed(action, task, staging)}
    named = {path for action in task.actions for path in _named(action, staging) if path in targets}
    return frozenset(named | (targets.keys() - handed))


# Handed ----------------------------------------------------------------------------------


def _handed(action: BaseAction, task: Task, staging: Staging) -> Iterator[StagedTarget]:
    if asks_for(action, "targets") or asks_for(action, "task") or _is_own_kind(action):
        yield from staging.targets.values()
    for name, value in (task.options or {}).items():
        if asks_for(action, name):
            yield from handed_in(staging, value)
    yield from handed_in(staging, _arguments(action))


def _is_own_kind(action: BaseAction) -> bool:
    """Whether an action is of a person's own class, which has its task to ask for targets."""
    return not isinstance(action, PythonAction | CmdAction)


def _arguments(action: BaseAction) -> Any:
    """Return the arguments of an action in which targets are replaced by staged paths."""
    if isinstance(action, PythonAction):
        function = action.py_callable
        bound = (function.args, function.keywords) if _is_partial(function) else ()
        return [given for given in (action.args, action.kwargs, bound) if given]
    command, options = getattr(action, "_action", None), getattr(action, "pkwargs", {})
    return [list(command[1:]) if isinstance(command, tuple) else command, options.get("env")]


def _is_partial(function: Any) -> bool:
    return isinstance(function, functools.partial)


# Named -----------------------------------------------------------------------------------


def _named(action: BaseAction, staging: Staging) -> Iterator[str]:
    """Yield the paths of targets that an action spells out, in ways that can't be replaced."""
    yield from _named_in_objects(_arguments(action), staging)
    if isinstance(action, PythonAction):
        yield from _named_in_code(action.py_callable, staging)
        return
    command = getattr(action, "_action", None)
    if not isinstance(action, CmdAction):
        yield from _held_by(action, staging)
        yield from _named_in_objects([vars(action)], staging)
        yield from _named_in_code(type(action), staging)
    elif isinstance(command, str | list):
        folder = str(action.pkwargs.get("cwd") or "")
        yield from _spelled(folder, staging)
        yield from _named_by_command(command, folder, staging)
    else:
        yield from _named_in_code(command[0] if isinstance(command, tuple) else command, staging)


def _named_by_command(command: str | list[Any], folder: str, staging: Staging) -> Iterator[str]:
    words = command if isinstance(command, list) else _words(command)
    if isinstance(command, str):
        texts = [command]
    else:
        texts = [str(word) for word in words if staging.find(word) is None]
    texts += [text for word in words for text in _script(os.path.join(folder, str(word)))]
    moves = any(re.search(r"\b(cd|pushd)\b", text) for text in texts)
    for target in staging.targets.values():
        spellings = {target.name, target.path, os.path.abspath(target.path)}
        if folder:
            spellings.add(os.path.relpath(target.path, folder))
        if moves:
            spellings.add(os.path.basename(target.path))
        if any(_names(text, spelling) for text in texts for spelling in spellings):
            yield target.path


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # an open quote, in a text that the shell will refuse
        return command.split()


def _script(word: str) -> Iterator[str]:
    """Yield the text of a script of the project that a command runs."""
    try:
        if os.path.getsize(word) > LARGEST_SCRIPT_BYTES or not os.path.isfile(word):
            return
        with open(word, encoding="utf-8", errors="surrogateescape") as script:
            head = script.read(2)
            executable = word.endswith((".py", ".sh", ".bash", ".R", ".r", ".jl", ".pl", ".sql"))
            if (head == "#!" or executable) and is_project_code(word):
                yield head + script.read()
    except (OSError, ValueError):
        return


def _names(text: str, path: str) -> bool:
    """Whether a text holds a path as a whole, `./` before it or not."""
    whole = rf"(?<![\w./-])(?:\./)*{re.escape(path)}(?![\w-])(?!\.\w)"
    return re.search(whole, text) is not None


def _named_in_objects(
    values: Iterable[Any], staging: Staging, around: tuple[int, ...] = ()
) -> Iterator[str]:
    """Yield targets in a text that says more, or in an attribute of a person's own object.

    `around` are the ids of the containers that the values stand in: one may hold itself.
    """
    for value in values:
        if isinstance(value, str):
            if staging.find(value) is None:
                yield from (p for p, t in staging.targets.items() if _names(value, t.name))
        elif isinstance(value, (dict, *LISTS)):
            if id(value) not in around:
                inside = value.values() if isinstance(value, dict) else value
                yield from _named_in_objects(inside, staging, (*around, id(value)))
        elif is_project_class(type(value)):
            yield from _held_by(value, staging)


def _held_by(owner: Any, staging: Staging) -> Iterator[str]:
    slots = getattr(type(owner), "__slots__", ())
    held = [*getattr(owner, "__dict__", {}).values(), *(getattr(owner, s, None) for s in slots)]
    yield from (target.path for target in handed_in(staging, held))


def _named_in_code(function: Any, staging: Staging) -> Iterator[str]:
    for value in values_in(function):
        yield from _spelled(value, staging)


def _spelled(value: Any, staging: Staging) -> Iterator[str]:
    """Yield the target that a value spells, or the folder among the targets that it lies in."""
    if not isinstance(value, PATHS) or len(str(value)) > LONGEST_PATH:
        return
    for path in _path_and_folders(str(value), staging.root):
        if path in staging.targets:
            yield path


@functools.lru_cache(MOST_VALUES)
def _path_and_folders(value: str, root: str) -> tuple[str, ...]:
    """Return the canonical path that a text spells, and those of the folders that it is in."""
    found, path, below = [], value, value
    while path and below:
        found.append(canonical(path, root))
        path, below = os.path.split(path.rstrip(os.sep))
    return tuple(found)
