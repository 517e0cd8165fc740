"""Keeps Python from running yesterday's code of a project.

Python takes a module's compiled code for current while the source has the same size and the same
time of modification in whole seconds (PEP 552). An edit that keeps both, made in the second in
which the module was last compiled, would not be seen: the old code would run, and be recorded as
the new one.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from datamake.modules import project_modules

AMBIGUOUS_SECONDS = 2.0


def drop_ambiguous(root: str) -> None:
    """Remove the compiled code of the project's modules that were edited just now.

    `root` is the project's folder. The next process compiles them anew.
    """
    now = time.time()
    for module, source in project_modules(root):
        compiled = getattr(module, "__cached__", None)
        try:
            if compiled and now - os.stat(source).st_mtime < AMBIGUOUS_SECONDS:
                os.remove(compiled)
        except FileNotFoundError:
            continue  # nothing was written, or the source is gone


def drop_doubtful(root: str) -> None:
    """Remove the compiled code in a project's folder, and in those in it, that may be yesterday's.

    To be called before the project's modules are imported: a run that was killed may have left
    what `drop_ambiguous` would have removed. What is compiled anew is above doubt the next time.
    """
    for folder in (root, *_folders_in(root)):
        compiled_in = os.path.join(folder, "__pycache__")
        for name in os.listdir(compiled_in) if os.path.isdir(compiled_in) else ():
            compiled = os.path.join(compiled_in, name)
            source = os.path.join(folder, f"{name.partition('.')[0]}.py")
            # Where nothing may be removed nothing was written, by this user at least.
            with suppress(OSError):
                age = os.stat(compiled).st_mtime - os.stat(source).st_mtime
                if age < AMBIGUOUS_SECONDS:
                    os.remove(compiled)


def _folders_in(root: str) -> list[str]:
    if not os.path.isdir(root):
        return []
    with os.scandir(root) as entries:
        return [e.path for e in entries if not e.name.startswith(".") and _is_folder(e)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # `isdir` takes a link that leads to itself for no folder, `is_dir` for an error.
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()
