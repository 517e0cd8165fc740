"""Tasks as their creators declared them, made into doit's objects only when somebody looks.

A project may declare a hundred thousand tasks of which two have to run: doit's checks, actions and
containers are made for those two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.paths import DeclaredPaths
from datamake.spelling import hint

# A task that declares nothing else is known by what it says: nothing about it depends on other
# tasks, on the command line, or on code that is asked before it runs.
PLAIN = frozenset(
    {
        *("name", "actions", "file_dep", "targets"),
        *("doc", "clean", "title", "verbosity", "watch", "meta"),
    }
)

# Of a plain task these are empty.
EMPTY = ("task_dep", "wild_dep", "setup_tasks", "uptodate")


class Declared(Task):
    """A plain task that is still the dict of its creator.

    Any attribute that needs doit's object makes it one, with doit's errors for what is wrong in
    the dict; `is_made` from then on. The paths alone can be read without that.
    """

    declaration: dict[str, Any]
    is_made: bool

    def __init__(self, declaration: dict[str, Any], subtask_of: str | None = None) -> None:
        """`declaration` has the keys of `PLAIN` and the task's full name."""
        self.name = declaration["name"]
        self.declaration = declaration
        self.is_made = False
        self.subtask_of = subtask_of

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__dict__.get("is_made", True):
            raise AttributeError(name)
        declaration = self.declaration
        value: Any
        if name == "loader":
            value = None
        elif name in EMPTY:
            value = []
        elif name == "calc_dep":
            value = set()
        elif name in ("file_dep", "targets") and _are_texts(declaration.get(name, ())):
            paths = declaration.get(name, ())
            value = DeclaredPaths(paths) if name == "file_dep" else list(paths)
        else:
            self.make()
            return getattr(self, name)
        self.__dict__[name] = value
        return value

    def make(self) -> None:
        """Make the whole of doit's object. Raises InvalidTask for what is wrong with it."""
        if self.is_made:
            return
        kept = dict(self.__dict__)
        self.is_made = True
        try:
            super().__init__(**self.declaration)
        except BaseException:
            self.is_made = False
            raise
        self.file_dep = DeclaredPaths(str(path) for path in self.declaration.get("file_dep", ()))
        self.__dict__.update(kept, is_made=True)

    def __getstate__(self) -> dict[str, Any]:
        self.make()
        state: dict[str, Any] = super().__getstate__()
        return state


class Batch(Task):
    """All tasks of one creator, handed on as if they were one: doit looks at each of many twice.

    They are made by `make` when they are asked for, of `items`: the dicts that were yielded, or
    nothing where others were.
    """

    def __init__(
        self, name: str, make: Callable[[], list[Task]], items: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.name = name
        self._items = items
        self._make = make

    @functools.cached_property
    def tasks(self) -> list[Task]:
        """The tasks. Raises doit's errors for what is none."""
        tasks, self._items = self._make(), ()
        return tasks

    @property
    def items(self) -> Sequence[dict[str, Any]]:
        """The dicts as they were yielded, as long as no tasks are made of them."""
        return self._items


def each(tasks: Iterable[Task]) -> list[Task]:
    """Return tasks with those of every batch in its place."""
    each: list[Task] = []
    for task in tasks:
        each.extend(task.tasks if isinstance(task, Batch) else [task])
    return each


def targets_of(task: Task) -> list[str]:
    """Return a task's targets as they are spelled, without making more of it than needed."""
    return [*map(str, paths_of(task, "targets"))]


def inputs_of(task: Task) -> list[str]:
    """Return a task's `file_dep` as it is spelled, without making more of it than needed."""
    return [*map(str, paths_of(task, "file_dep"))]


def paths_of(task: Task, name: str) -> Collection[Any]:
    """Return a task's `targets` or its `file_dep`: texts, or the paths that its creator gave."""
    if type(task) is Declared and not task.is_made:
        paths = task.declaration.get(name, ())
        if type(paths) in (list, tuple):
            return paths  # type: ignore[no-any-return]
    found: Collection[str] = getattr(task, name)
    return found


def is_plain(declaration: Mapping[str, Any]) -> bool:
    """Whether a creator's dict can be kept as it is until somebody looks at it."""
    return declaration.keys() <= PLAIN and "actions" in declaration


def refuse_unknown(declaration: Mapping[str, Any], name: str) -> None:
    """Raise InvalidTask for a field that no task has, with the nearest that there is."""
    known = Task.valid_attr.keys() | {"basename"}
    for field in declaration:
        if field not in known:
            meant = hint(str(field), known)
            raise InvalidTask(f"Task {name} contains invalid field: {field!r}{meant}")


def _are_texts(paths: Any) -> bool:
    return type(paths) in (list, tuple) and all(type(path) is str for path in paths)
