"""What can happen to a random project between its builds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.property.forms import FORMS
from tests.property.stages import Stage, at, is_plain
from tests.property.world import (
    FOLDER,
    FOLDERS,
    INPUTS,
    LINK,
    LINKED_FOLDER,
    RAW,
    World,
    belongs,
)

numbers = st.integers(0, 3)
# Where it is "3" a stage may fail.
contents = st.sampled_from(["0", "1", "3", "3", "10"])
positions = st.integers(0, 5)
raw = st.sampled_from(RAW)
folders = st.sampled_from(FOLDERS)
names = st.sampled_from(["a.txt", "b.txt", "sub/c.txt", "d \udce9.txt"])
values = st.sampled_from([10, 20])
comments = st.sampled_from(["", "why", "how"])
# Seconds since the epoch, far away; None is now.
YEAR = 365 * 24 * 3600
times = st.sampled_from([None, 1, -YEAR, 200 * YEAR])

Change = Callable[..., None]
CHANGES: dict[str, tuple[Change, dict[str, st.SearchStrategy[Any]]]] = {}


def change(**arguments: st.SearchStrategy[Any]) -> Callable[[Change], Change]:
    """Note a change, with what it is to be called with beside the world."""

    def noted(function: Change) -> Change:
        CHANGES[function.__name__] = (function, arguments)
        return function

    return noted


def stage_at(world: World, position: int) -> Stage:
    return list(world.stages.values())[position % len(world.stages)]


def target_at(world: World, position: int, second: bool, n: int) -> Path:
    targets = at(n, stage_at(world, position).targets)
    return world.folder / targets[-1 if second else 0]


# Files -------------------------------------------------------------------------------------


def put(path: Path, content: str, when: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if when is not None:
        os.utime(path, (when, when))


def put_and_restore_the_time(path: Path, content: str) -> None:
    before = os.stat(path) if path.exists() else None
    put(path, content, None)
    if before is not None:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@change(name=raw, content=contents, when=times)
def edit_raw(world: World, name: str, content: str, when: int | None) -> None:
    put(world.folder / name, content, when)


@change(name=raw, content=contents)
def edit_raw_and_restore_its_time(world: World, name: str, content: str) -> None:
    put_and_restore_the_time(world.folder / name, content)


@change(name=raw, content=contents, when=times)
def replace_raw(world: World, name: str, content: str, when: int | None) -> None:
    put(world.folder / "new.txt", content, when)
    os.replace(world.folder / "new.txt", world.folder / name)


@change(name=st.sampled_from(INPUTS), when=times)
def touch_an_input(world: World, name: str, when: int | None) -> None:
    if (world.folder / name).exists():
        os.utime(world.folder / name, None if when is None else (when, when))


@change(name=raw, back=st.booleans())
def delete_raw(world: World, name: str, back: bool) -> None:
    """Delete a file, or put it (or one that was deleted before) back as a new file."""
    path = world.folder / name
    content = path.read_text() if path.exists() else "0"
    path.unlink(missing_ok=True)
    if back:
        path.write_text(content)


@change(name=raw)
def turn_the_link(world: World, name: str) -> None:
    (world.folder / LINK).unlink()
    os.symlink(name, world.folder / LINK)


@change(name=folders)
def turn_the_link_to_a_folder(world: World, name: str) -> None:
    (world.folder / LINKED_FOLDER).unlink()
    os.symlink(name, world.folder / LINKED_FOLDER)


@change(folder=folders, name=names, content=contents)
def write_in_a_folder(world: World, folder: str, name: str, content: str) -> None:
    put_and_restore_the_time(world.folder / folder / name, content)


@change(folder=folders, name=names)
def delete_in_a_folder(world: World, folder: str, name: str) -> None:
    (world.folder / folder / name).unlink(missing_ok=True)


@change(folder=folders, old=names, new=names)
def rename_in_a_folder(world: World, folder: str, old: str, new: str) -> None:
    before, after = world.folder / folder / old, world.folder / folder / new
    if before.exists():
        after.parent.mkdir(parents=True, exist_ok=True)
        os.replace(before, after)


@change(gone=st.booleans())
def move_a_folder_away(world: World, gone: bool) -> None:
    """Move a folder away, or back."""
    here, there = world.folder / FOLDER, world.folder / "elsewhere"
    source, destination = (here, there) if gone else (there, here)
    if source.exists() and not destination.exists():
        os.replace(source, destination)


@change(stage=positions, second=st.booleans(), n=values)
def delete_a_target(world: World, stage: int, second: bool, n: int) -> None:
    target = target_at(world, stage, second, n)
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)


@change(stage=positions, second=st.booleans(), n=values, content=contents, new=st.booleans())
def edit_a_target_by_hand(
    world: World, stage: int, second: bool, n: int, content: str, new: bool
) -> None:
    target = target_at(world, stage, second, n)
    if target.is_dir():
        target /= "new.txt" if new else "all.txt"
    if new or target.exists():
        put_and_restore_the_time(target, content)


@change(stage=positions, second=st.booleans(), n=values)
def delete_in_a_target(world: World, stage: int, second: bool, n: int) -> None:
    target = target_at(world, stage, second, n)
    if target.is_dir():
        (target / "all.txt").unlink(missing_ok=True)


@change(rate=numbers, unused=numbers)
def edit_what_a_module_reads(world: World, rate: int, unused: int) -> None:
    world.rate = rate
    (world.folder / "settings.txt").write_text(f"{rate} {unused}")


# Code --------------------------------------------------------------------------------------


@change(stage=positions, constant=numbers)
def change_code(world: World, stage: int, constant: int) -> None:
    world.change(stage_at(world, stage), constant=constant)


@change(stage=positions, form=st.sampled_from(sorted(FORMS)))
def write_code_in_another_form(world: World, stage: int, form: str) -> None:
    """Have the code come by its constant in another way: as a default, a closure's value ..."""
    world.change(stage_at(world, stage), form=form)


@change(stage=positions, argument=numbers)
def change_an_argument(world: World, stage: int, argument: int) -> None:
    world.change(stage_at(world, stage), argument=argument)


@change(stage=positions, comment=comments)
def change_a_comment(world: World, stage: int, comment: str) -> None:
    world.change(stage_at(world, stage), comment=comment)


@change(stage=positions)
def mend_what_fails(world: World, stage: int) -> None:
    world.change(stage_at(world, stage), fragile=False)


@change(part=st.sampled_from(["tool", "deep", "unused"]), number=numbers)
def change_a_module(world: World, part: str, number: int) -> None:
    world.code[part] = number
    world.write()


@change(comment=comments)
def change_a_comment_in_a_module(world: World, comment: str) -> None:
    world.code["comment"] = comment
    world.write()


@change(n=values)
def set_the_parameter_for_the_project(world: World, n: int) -> None:
    world.n = n
    world.write()


@change(stage=positions, number=st.integers(0, 2))
def rename_a_target_that_nobody_reads(world: World, stage: int, number: int) -> None:
    found = stage_at(world, stage)
    readers = (*world.stages.values(), *world.removed)
    if not any(belongs(path, found.targets) for reader in readers for path in reader.inputs):
        new = f"out/{found.name}-{number}.txt"
        world.change(found, targets=(new, *found.targets[1:]))


@change(stage=positions, name=raw)
def add_or_remove_an_input(world: World, stage: int, name: str) -> None:
    found = stage_at(world, stage)
    inputs = tuple(path for path in found.inputs if path != name)
    if name not in found.inputs and (found.kind != "shell" or is_plain(name)):
        inputs = (*inputs, name)
    world.change(found, inputs=inputs)


@change()
def remove_the_last_stage(world: World) -> None:
    if len(world.stages) > 1:
        world.removed.append(world.stages.popitem()[1])
        world.write()


@change()
def put_a_removed_stage_back(world: World) -> None:
    if world.removed:
        stage = world.removed.pop()
        world.stages[stage.name] = stage
        world.write()
