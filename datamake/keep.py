"""Where files go that a build must not lose: edited targets, and what a failure left."""

from __future__ import annotations

import os
import shutil
import time

KEPT = os.path.join(".datamake", "kept")
FAILED = os.path.join(".datamake", "failed")


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
    """Return a new folder for what the failed attempt of a stage leaves; the last one goes."""
    folder = os.path.join(FAILED, stage_name.replace("/", "%2F"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def confined(path: str) -> str:
    """Return a path that stays below whatever folder it is joined to."""
    parts = [part for part in os.path.normpath(path).split(os.sep) if part not in ("", "..")]
    return os.path.join(*parts)


def move(source: str, folder: str, name: str) -> str:
    """Move a file or folder into a folder, under a confined name; return its new path."""
    path = os.path.join(folder, confined(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.move(source, path)
    return path
