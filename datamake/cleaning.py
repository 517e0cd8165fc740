"""Removes targets that were built, and the folders made for them, but no file of a person's."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from doit.task import Task

from datamake.dependency import Dependency


class Cleaning:
    """One `doit clean`: what it removes, and what it leaves, is written to a stream.

    A target that is not as it was built stays, unless `force`. With `dry_run` all stays.
    """

    def __init__(self, dependency: Dependency, out: TextIO, *, force: bool, dry_run: bool) -> None:
        self._dependency = dependency
        self._out = out
        self._force = force
        self._dry_run = dry_run
        self._emptied: set[str] = set()

    def clean_targets(self, task: Task, dryrun: bool) -> None:
        """Remove a task's targets: stands in for doit's function of this name."""
        self.remove_targets(task)

    def remove_targets(self, task: Task) -> None:
        """Remove each target of a task that is there and as it was built."""
        for target in self._dependency.judge.stage(task).targets:
            if not os.path.lexists(target):
                continue
            obstacle = None if self._force else self._obstacle(target)
            if obstacle:
                self._say(task, f"left {target}: {obstacle}; --force removes it")
                continue
            self._say(task, f"{'would remove' if self._dry_run else 'removed'} {target}")
            if not self._dry_run:
                self._remove(target)

    def remove_folders(self) -> None:
        """Remove the folders made for the targets that are gone, once they are empty."""
        for folder in sorted(self._emptied, key=len, reverse=True):
            self._remove_folder(folder)

    def _obstacle(self, target: str) -> str | None:
        built = self._dependency.store.built(target)
        if built is None:
            return "datamake did not build it"
        if self._dependency.judge.checker.state(target, built) != built:
            return "it was changed since it was built"
        return None

    def _remove(self, target: str) -> None:
        if os.path.isdir(target) and not os.path.islink(target):
            shutil.rmtree(target)
        else:
            os.remove(target)
        self._dependency.store.unbuilt(target)
        self._emptied.add(os.path.dirname(target))

    def _remove_folder(self, folder: str) -> None:
        store = self._dependency.store
        while folder and store.made_folder(folder) and not _has_entries(folder):
            os.rmdir(folder)
            store.removed_folder(folder)
            self._out.write(f"removed {folder}{os.sep}, which was made for them\n")
            folder = os.path.dirname(folder)

    def _say(self, task: Task, text: str) -> None:
        self._out.write(f"{task.name}: {text}\n")


def _has_entries(folder: str) -> bool:
    with os.scandir(folder) as entries:
        return any(True for _ in entries)
