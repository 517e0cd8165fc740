"""Keeps Python from running yesterday's code of a project.

Python takes a module's compiled code for current while the source has the same size and the same
time of modification in whole seconds (PEP 552). An edit that keeps both, made in the second in
which the module was last compiled, would not be seen: the old code would run, and be recorded as
the new one.
"""

from __future__ import annotations

import os
import sys
import time

AMBIGUOUS_SECONDS = 2.0


def drop_ambiguous(root: str) -> None:
    """Remove the compiled code of the project's modules that were edited just now.

    `root` is the project's folder. The next process compiles them anew.
    """
    now = time.time()
    for module in list(sys.modules.values()):
        source, compiled = getattr(module, "__file__", None), getattr(module, "__cached__", None)
        if not (source and compiled and source.startswith(root + os.sep)):
            continue
        if source.startswith(sys.prefix + os.sep):
            continue  # a library, in an environment that lies in the project
        try:
            if now - os.stat(source).st_mtime < AMBIGUOUS_SECONDS:
                os.remove(compiled)
        except FileNotFoundError:
            continue  # nothing was written, or the source is gone
