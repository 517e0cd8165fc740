"""Files that a stage made once and that no stage makes now: their target was renamed or dropped."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Collection, Container, Iterable, Sequence

from doit.task import Task
from msgspec import Struct

from datamake.creators import Creators
from datamake.declared import inputs_of
from datamake.links import Links
from datamake.paths import canonical, folders_of
from datamake.redaction import redact_parameters
from datamake.store import Store

MANY = 100


class Orphan(Struct, frozen=True):
    """A file or folder that nothing makes any more, and the stage that made it."""

    path: str
    stage: str


def orphans(
    store: Store,
    tasks: Collection[Task],
    creators: Creators,
    made: Container[str],
) -> list[Orphan]:
    """Return what was built, is still there, and is no target of any task now: not in `made`.

    What a stage built with other values of its parameters is no orphan: with those it would be
    made again. Nor is what lies in a folder that is a target now: it is a part of that. What a task
    reads is raw data now, or waits for a task to make it: a person may want to keep it. Where
    creators have still to run, nothing is known to be one.
    """
    left = itertools.filterfalse(made.__contains__, store.built_paths())
    unmade = [path for path in _present(left) if not _is_part(path, made)]
    if unmade:  # one may be made by another name
        links = Links(os.getcwd())
        unmade = [path for path in unmade if links.name(path) not in made]
        unmade = _unread(unmade, tasks, links)
    if not unmade or any(task.loader for task in tasks):
        return []
    names = {task.name.partition(":")[0] for task in tasks}

    @functools.cache
    def makes_it_again(stage: str, values: str) -> bool:
        exists = stage.partition(":")[0] in names
        present = redact_parameters(creators.values_of(stage))
        return exists and values != present and creators.can_be_given(stage, values)

    return [
        Orphan(path, stage)
        for path, stage, values in store.builders(unmade)
        if not makes_it_again(stage, values)
    ]


def _unread(paths: Sequence[str], tasks: Iterable[Task], links: Links) -> list[str]:
    """Return the paths that no task reads: neither them, nor a folder of theirs, nor in them."""
    root = os.getcwd()
    inputs = [canonical(str(path), root) for task in tasks for path in inputs_of(task)]
    read = set(links.names(inputs))
    around = folders_of(read, root)
    return [
        path
        for path in paths
        for spelled in [links.name(path) or path]
        if not ({path, spelled} & read or path in around or _is_part(spelled, read))
    ]


def _is_part(path: str, made: Container[str]) -> bool:
    """Whether a path lies in a folder that is made, or read."""
    folder = os.path.dirname(path)
    while folder and folder != os.sep:
        if folder in made:
            return True
        folder = os.path.dirname(folder)
    return False


def _present(paths: Iterable[str]) -> list[str]:
    """Return those of the paths at which something lies, by folder."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        folder, slash, name = path.rpartition(os.sep)
        by_folder.setdefault(folder + slash, []).append(name)
    found: list[str] = []
    for folder, names in by_folder.items():
        # A project may have dropped very many targets: their folder is asked once for all.
        there = _listed(folder or os.curdir) if len(names) > MANY else None
        found += [
            folder + name
            for name in names
            if (os.path.lexists(folder + name) if there is None else name in there)
        ]
    return found


def _listed(folder: str) -> set[str] | None:
    """Return the names in a folder, None where they can't be read."""
    try:
        return set(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError:
        return None
