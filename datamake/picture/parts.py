"""Takes from doit's tasks what a picture shows of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from doit.task import Task

from datamake import graph
from datamake.declared import targets_of
from datamake.judging import is_group
from datamake.paths import canonical
from datamake.picture.model import Part


def parts(tasks: Mapping[str, Task], root: str) -> dict[str, Part]:
    """Return a part for each task, by name, in the order of the tasks.

    Raises InvalidTask where two tasks make the same path.
    """
    made = graph.producers(tasks.values(), root)
    return {task.name: _part(task, made, root) for task in tasks.values()}


def _part(task: Task, made: graph.Producers, root: str) -> Part:
    makers = graph.makers(task, made, root)
    reads = (canonical(path, root) for path in task.file_dep)
    joined_by_files = {name for names in makers.values() for name in names}
    group = is_group(task) and not task.loader
    return Part(
        name=task.name,
        reads={path: tuple(makers.get(path, ())) for path in dict.fromkeys(reads)},
        makes=tuple(dict.fromkeys(canonical(str(path), root) for path in targets_of(task))),
        needs=tuple(n for n in dict.fromkeys(graph.upstream(task)) if n not in joined_by_files),
        group=task.subtask_of or "",
        doc=task.doc or "",
        hidden=bool(group and task.has_subtask and task.task_dep),
        is_group=group,
    )


def with_members(names: Collection[str], parts: Mapping[str, Part]) -> Iterator[str]:
    """Yield names, with the sub-tasks of those that stand for sub-tasks."""
    for name in names:
        yield name
        if parts[name].hidden:
            yield from (need for need in parts[name].needs if parts[need].group == name)
