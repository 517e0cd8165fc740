"""The dependency graph of doit's tasks, and what is refused about it before anything runs."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from doit.exceptions import InvalidTask
from doit.task import Task, result_dep

from datamake.below import Below
from datamake.declared import inputs_of, targets_of
from datamake.links import Links
from datamake.makers import Makers
from datamake.paths import canonical, folders_of


class Producers(dict[str, str]):
    """The name of the task that makes each target, by the target's canonical path.

    Where a folder on the way is a link it is there by each of its names.
    """

    links: Links | None = None

    def names(self, task: Task, root: str) -> list[str]:
        """Return the canonical paths of a task's inputs, and their names by way of links."""
        paths = [canonical(path, root) for path in task.file_dep]
        return paths if self.links is None else self.links.names(paths)

    @functools.cached_property
    def folders(self) -> set[str]:
        """Every folder below which something is made."""
        found: set[str] = set()
        for path in self:
            folder = os.path.dirname(path)
            while folder not in ("", os.sep) and folder not in found:
                found.add(folder)
                folder = os.path.dirname(folder)
        return found

    def inside(self, folder: str) -> list[str]:
        """Return the tasks that make something in a folder, at whatever depth."""
        if folder != os.curdir and folder not in self.folders:
            return []
        return [self[path] for path in self._below.of(folder)]

    @functools.cached_property
    def _below(self) -> Below:
        return Below(self)


def producers(tasks: Iterable[Task], root: str) -> Producers:
    """Map each target to the name of the task that makes it.

    Raises InvalidTask where two tasks would make the same one, however it is spelled.
    """
    makers = Makers(tasks, root)
    made = Producers(makers.known)
    made.links = makers.links
    return made


def link(tasks: Sequence[Task], root: str) -> None:
    """Make each task depend on those that make its inputs, however the paths are spelled.

    doit links equal spellings; here `./a` and `a` are one, and `a` in a folder and in a link to
    that; a file below a folder that is a target is made by the folder's task, and who reads a
    folder needs those that make files in it.
    Raises InvalidTask for a target with two makers, and for a calc_dep on no task.
    """
    made = producers(tasks, root)
    _check_calc_deps(tasks)
    inputs = [made.names(task, root) for task in tasks]
    for task, paths in zip(tasks, inputs, strict=True):
        needed = (maker(path, made) for path in paths)
        _need(task, [name for name in needed if name is not None and name != task.name])
    _link_folders(tasks, inputs, made)


def _link_folders(tasks: Sequence[Task], inputs: Sequence[Sequence[str]], made: Producers) -> None:
    """Make who reads a folder depend on who makes files in it, unless these need the reader.

    Of two that read a folder and make files in it, the one that is declared first comes first.
    """
    needing: dict[str, list[str]] | None = None
    for task, paths in zip(reversed(tasks), reversed(inputs), strict=True):
        inside = dict.fromkeys(name for path in paths for name in made.inside(path))
        if not inside:
            continue
        if needing is None:
            needing = _needing(tasks)
        known = {*task.task_dep, *_downstream(task.name, needing)}
        found = [name for name in inside if name not in known]
        task.task_dep.extend(found)
        for name in found:
            needing.setdefault(name, []).append(task.name)


def _need(task: Task, names: Iterable[str]) -> None:
    known = set(task.task_dep)
    task.task_dep.extend(name for name in dict.fromkeys(names) if name not in known)


def _needing(tasks: Iterable[Task]) -> dict[str, list[str]]:
    """Map the name of each task that others need to theirs."""
    needing: dict[str, list[str]] = {}
    for task in tasks:
        for name in upstream(task):
            needing.setdefault(name, []).append(task.name)
    return needing


def _downstream(name: str, needing: Mapping[str, Sequence[str]]) -> set[str]:
    """Return a task's name, and those of all that need it, at however many removes."""
    found, left = {name}, [name]
    while left:
        following = [other for other in needing.get(left.pop(), ()) if other not in found]
        found.update(following)
        left.extend(following)
    return found


def refuse_impossible_paths(tasks: Iterable[Task]) -> None:
    """Raise InvalidTask, naming the task, for a path that the system can't be asked about."""
    for task in tasks:
        for field, paths in (("targets", targets_of(task)), ("file_dep", inputs_of(task))):
            for path in paths:
                if "\0" in str(path):
                    what = f"has a null byte in its {field}, which no path can have"
                    raise InvalidTask(f"{task.name} {what}: {str(path)!r}")
                if not str(path):  # it would be taken for the project's folder
                    raise InvalidTask(f"{task.name} has an empty name in its {field}")


def _check_calc_deps(tasks: Sequence[Task]) -> None:
    """Refuse what doit only stumbles over when it gets there; it checks other names itself."""
    if any(task.loader for task in tasks):
        return  # a creator that runs later may make the task
    names = {task.name for task in tasks}
    for task in tasks:
        for name in sorted(task.calc_dep - names):
            raise InvalidTask(f"{task.name} has a calc_dep on {name}, which is not a task")


def maker(path: str, made: Mapping[str, str]) -> str | None:
    """Return the task that makes a canonical path, or a folder above it; None if none does."""
    while path and path != os.sep:
        if path in made:
            return made[path]
        path = os.path.dirname(path)
    return None


def makers(task: Task, made: Producers, root: str) -> dict[str, list[str]]:
    """Map each input that other tasks make, or in which they make files, to their names."""
    found = {}
    for path in (canonical(path, root) for path in task.file_dep):
        spelled = [path] if made.links is None else made.links.names([path])
        names = dict.fromkeys(n for p in spelled for n in (maker(p, made), *made.inside(p)))
        others = [name for name in names if name is not None and name != task.name]
        if others:
            found[path] = others
    return found


def upstream(task: Task) -> list[str]:
    """Return the names of the tasks that doit has run before a task may be."""
    return [*task.task_dep, *task.setup_tasks, *sorted(task.calc_dep)]


def sources(task: Task, tasks: Mapping[str, Task]) -> list[str]:
    """Return the tasks by whose values a task is judged since it takes them with `getargs`.

    With a group come its sub-tasks. Those that a task only needs once it runs (`setup`) are none.
    """
    found: dict[str, None] = {}
    for entry, _, _ in task.uptodate if task.setup_tasks else ():
        if isinstance(entry, result_dep) and entry.setup_dep:
            found.update(dict.fromkeys(with_sub_tasks(entry.dep_name, tasks)))
    return [name for name in found if name in tasks]


def with_sub_tasks(name: str, tasks: Mapping[str, Task]) -> list[str]:
    """Return the name of a task, and those of its sub-tasks if it is a group."""
    subs = tasks[name].task_dep if name in tasks and tasks[name].has_subtask else ()
    return [name, *subs]


def in_order(tasks: Mapping[str, Task], selected: Iterable[str]) -> list[str]:
    """Return the selected tasks and all upstream, each behind what it needs.

    Raises InvalidTask, naming the tasks, where they need each other in a circle.
    """
    done: dict[str, None] = {}
    for name in selected:
        _visit(name, tasks, done)
    return list(done)


def _visit(first: str, tasks: Mapping[str, Task], done: dict[str, None]) -> None:
    path: dict[str, Iterator[str]] = {}
    current: str | None = first
    while current is not None:
        if current not in path and current not in done:
            path[current] = iter(upstream(tasks[current]))
        following = next((n for n in path.get(current, ()) if n not in done and n in tasks), None)
        if following is None:
            path.pop(current, None)
            done[current] = None
            current = next(reversed(path), None)
        elif following in path:
            raise circle([*list(path)[list(path).index(following) :], following])
        else:
            current = following


def circle(names: Iterable[str]) -> InvalidTask:
    """Return what is to be said of tasks each of which needs the next one, the first at the end."""
    return InvalidTask(f"tasks need each other in a circle: {' → '.join(names)}")


def missing_inputs(
    tasks: Mapping[str, Task], order: Iterable[str], made: Producers
) -> Iterator[tuple[str, str]]:
    """Yield (task, input) for inputs that are not there and that nothing is going to make.

    Behind a task that declares no targets, or whose creator has still to run, all is possible:
    what is missing there shows when it is that task's turn. So it is behind a task that is
    waited for although none of its targets is read.
    """
    root = os.getcwd()
    for name in order:
        task = tasks[name]
        if task.loader:
            return
        read_from = makers(task, made, root)
        if set(upstream(task)) <= {name for names in read_from.values() for name in names}:
            for path in task.file_dep:
                known = canonical(path, root)
                if known not in read_from and not os.path.exists(known):
                    yield name, path
        if task._actions and not task.targets:
            return


def folders_with_targets(tasks: Iterable[Task], root: str) -> frozenset[str]:
    """Return every folder below which a task reads or makes a file."""
    return folders_of((p for t in tasks for p in (*inputs_of(t), *targets_of(t))), root)
