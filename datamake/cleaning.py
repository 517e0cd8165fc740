"""Removes targets that were built, and the folders made for them, but no file of a person's."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TextIO

from doit.task import Task
from msgspec import Struct

from datamake import files
from datamake.dependency import Dependency


class Choices(Struct, frozen=True):
    """What a person asked for: `force` removes edited targets too, `dry_run` nothing at all.

    `shared` are the folders below which tasks have files.
    """

    force: bool = False
    dry_run: bool = False
    shared: Collection[str] = ()


class Cleaning:
    """One `doit clean`: what it removes, and what it leaves, is written to a stream.

    `failed` tells whether something could not be removed.
    """

    def __init__(self, dependency: Dependency, out: TextIO, choices: Choices) -> None:
        self._dependency = dependency
        self._out = out
        self._choices = choices
        self._emptied: set[str] = set()
        self.failed = False

    def clean_targets(self, task: Task, dryrun: bool) -> None:
        """Remove a task's targets: stands in for doit's function of this name."""
        self.remove_targets(task)

    def remove_targets(self, task: Task) -> None:
        """Remove each target of a task that is there and as it was built."""
        for target in self._dependency.judge.stage(task).targets:
            if os.path.lexists(target):
                self.remove(task.name, target)

    def remove(self, stage: str, target: str) -> None:
        """Remove what a stage built, if it is as it was built."""
        if target in self._choices.shared and files.is_folder(target):
            self._emptied.add(target)
            return
        obstacle = None if self._choices.force else self._obstacle(target)
        if obstacle:
            self._say(stage, f"left {target}: {obstacle}; --force removes it")
        elif self._choices.dry_run:
            self._say(stage, f"would remove {target}")
        else:
            self._remove(stage, target)

    def let_go(self, stage: str, target: str) -> None:
        """Remove what a stage built that makes it no more; count a folder in use as not built."""
        if target not in self._choices.shared or not files.is_folder(target):
            self.remove(stage, target)
            return
        self._say(stage, f"left {target}: other tasks have files in it")
        if not self._choices.dry_run:
            self._dependency.store.unbuilt(target)

    def remove_folders(self) -> None:
        """Remove the folders made for the targets that are gone, once they are empty."""
        for folder in sorted(self._emptied, key=len, reverse=True):
            if not self._choices.dry_run:
                self._remove_folder(folder)

    def _obstacle(self, target: str) -> str | None:
        store = self._dependency.store
        built = store.built(target)
        if built is None:
            return "datamake did not build it"
        if self._dependency.judge.checker.state(target, built) != built:
            return "it was changed since it was built"
        if files.is_folder(target) and not store.made_folder(target):
            return "it holds files that were not built with it"
        return None

    def _remove(self, stage: str, target: str) -> None:
        try:
            files.remove(target)
        except OSError as error:
            self._say(stage, f"could not remove {target}: {error.strerror}")
            self.failed = True
            return
        self._say(stage, f"removed {target}")
        self._dependency.store.unbuilt(target)
        self._dependency.store.removed_folder(target)
        self._emptied.add(os.path.dirname(target))

    def _remove_folder(self, folder: str) -> None:
        store = self._dependency.store
        while folder and store.made_folder(folder):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                pass
            except OSError:  # it holds something, or may not be removed
                return
            else:
                self._out.write(f"removed {folder}{os.sep}, which was made for them\n")
            store.removed_folder(folder)
            folder = os.path.dirname(folder)

    def _say(self, stage: str, text: str) -> None:
        self._out.write(f"{stage}: {text}\n")
