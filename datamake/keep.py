"""Where files go that a build must not lose: edited targets, and what a failure left."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress

from blake3 import blake3

from datamake import files
from datamake.sharing import make_folders

KEPT = os.path.join(".datamake", "kept")
FAILED = os.path.join(".datamake", "failed")

# Stages whose last failure is kept, and how much of those before the last one.
MOST_FAILED = 20
MOST_FAILED_BYTES = 10 * 1024**3

# What is smaller does not count before the next run: to look at all for each would take long.
LARGE_BYTES = 1024**2

# What file systems allow in one name is 255 bytes.
LONGEST_NAME = 200


def place_to_keep(target: str) -> str:
    """Return a free path under `.datamake/kept/`, named for now and for the target."""
    moment = time.strftime("%Y-%m-%dT%H-%M-%S")
    for count in range(1, 1_000_000):
        folder = moment if count == 1 else f"{moment}-{count}"
        path = os.path.join(KEPT, folder, confined(target))
        if not os.path.lexists(path):
            return path
    raise FileExistsError(f"{KEPT} holds a million versions of {target} from one second")


def failed_folder(stage_name: str) -> str:
    """Return the folder for what the last failed attempt of a stage left."""
    return os.path.join(FAILED, file_name(stage_name))


def file_name(stage_name: str, longest: int = LONGEST_NAME) -> str:
    """Return a stage's name as one that a file can have, of `longest` bytes and a few."""
    name = stage_name.replace("%", "%25").replace("/", "%2F")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    raw = os.fsencode(name)
    if len(raw) > longest:
        digest = blake3(raw).hexdigest(length=8)
        name = f"{raw[:longest].decode('utf-8', 'ignore')}-{digest}"
    return name


def clear_failed(stage_name: str) -> None:
    """Remove what the last failed attempt left: a later one has ended."""
    if os.path.lexists(FAILED):
        shutil.rmtree(failed_folder(stage_name), ignore_errors=True)


def prune_failed(most: int = MOST_FAILED, most_bytes: int = MOST_FAILED_BYTES) -> None:
    """Remove what the oldest failed attempts left, but for the last of `most` stages.

    They may have so many bytes in all; what the very last one left stays, however large.
    """
    held = 0
    # Another run may do the same.
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(FAILED) as entries:
        folders = sorted(entries, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
        for number, folder in enumerate(folders):
            held += files.size(folder.path)
            if number > 0 and (number >= most or held > most_bytes):
                shutil.rmtree(folder.path, ignore_errors=True)


def make_room(stage_name: str) -> None:
    """Remove what older failed attempts left if there is too much, now that one left more.

    All the last failures of a run are kept otherwise: its report names them.
    """
    if files.size(failed_folder(stage_name)) >= LARGE_BYTES:
        prune_failed(most=sys.maxsize)


def confined(path: str) -> str:
    """Return a path that stays below whatever folder it is joined to."""
    parts = [part for part in os.path.normpath(path).split(os.sep) if part not in ("", "..")]
    return os.path.join(*parts or ["."])


def move(source: str, folder: str, name: str) -> str:
    """Move a file or folder into a folder, under a confined name; return its new path.

    A name that is taken gets a number. Raises OSError.
    """
    first = path = os.path.join(folder, confined(name))
    count = 1
    while os.path.lexists(path):
        count += 1
        path = f"{first}-{count}"
    make_folders(os.path.dirname(path))
    files.move(source, path)
    return path
