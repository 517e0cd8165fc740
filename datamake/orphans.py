"""Files that a stage made once and that no stage makes now: their target was renamed or dropped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from doit.task import Task
from msgspec import Struct

from datamake.paths import canonical
from datamake.store import Store


class Orphan(Struct, frozen=True):
    """A file or folder that nothing makes any more, and the stage that made it."""

    path: str
    stage: str


def orphans(
    store: Store, tasks: Iterable[Task], parameters: Callable[[str], str], root: str
) -> list[Orphan]:
    """Return what was built, is still there, and is no target of any task now.

    What a stage built with other values of its parameters (`parameters` gives the present ones
    of a stage) is no orphan: with those values it would be made again. Where creators have still
    to run, nothing is known to be one.
    """
    tasks = list(tasks)
    if any(task.loader for task in tasks):
        return []
    made = {canonical(path, root) for task in tasks for path in task.targets}
    names = {task.name.partition(":")[0] for task in tasks}
    found = []
    for path, stage, values in store.all_built():
        if path in made or not os.path.lexists(path):
            continue
        if stage.partition(":")[0] not in names or values == parameters(stage):
            found.append(Orphan(path, stage))
    return found
