"""Writes what a run built through to the disk, once, before the run ends.

A flush of every file as it is built would make many small stages slow. So the store notes of each
digest whether the file has been written through since; one that has not is believed only in the
boot of the machine in which it was taken. After a power failure such files are hashed again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from datamake import files
from datamake.process import boot_id
from datamake.store import Store

# More files than this are left to the system to write out all at once.
FEW = 64


def write_through(store: Store) -> None:
    """Flush the files whose digests are noted as not flushed, and note it.

    What can't be flushed stays noted, which is said on standard error.
    """
    paths = store.unsynced(boot_id())
    if not paths:
        return
    if len(paths) > FEW:
        os.sync()
        store.synced(paths)
        return
    done = [path for path in paths if _flushed(files.flush, path)]
    for folder in {os.path.dirname(path) or os.curdir for path in paths}:
        _flushed(files.flush_folder, folder)
    store.synced(done)


def _flushed(flush: Callable[[str], None], path: str) -> bool:
    """Flush a file or folder; where that fails, say so and return False.

    What is gone, or is something else now, has nothing to be flushed; what this process may not
    open is written out with everything else.
    """
    try:
        flush(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except PermissionError:
        os.sync()
    except OSError as error:
        sys.stderr.write(f"datamake: {path} could not be written through to disk: {error}\n")
        return False
    return True
