"""Writes what a run built through to the disk, once, before the run ends.

A flush of every file as it is built would make many small stages slow. So the store notes of each
digest whether the file has been written through since; one that has not is believed only in the
boot of the machine in which it was taken. After a power failure such files are hashed again.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from datamake import files
from datamake.process import boot_id
from datamake.store import Store

# What a file system says that is only read, or is in memory: there is nothing to be written.
NEVER_WRITTEN = (errno.EINVAL, errno.EROFS)

# More files than this are left to the system to write out all at once.
FEW = 64


def write_through(store: Store) -> None:
    """Flush the files whose digests are noted as not flushed, and note it.

    What can't be flushed stays noted, which is said on standard error.
    """
    # What an earlier run has left unflushed waits for one that takes an interest in any file.
    if not store.has_looked:
        return
    boot = boot_id()
    names = store.unsynced(boot)
    if not names:
        return
    paths = store.files_of(names, boot, FEW)
    if paths is None:
        os.sync()
        store.synced(names)
        return
    folders = {os.path.dirname(path) or os.curdir for path in paths}
    flushed = [_flushed(files.flush, path) for path in paths]
    flushed += [_flushed(files.flush_folder, folder) for folder in folders]
    if all(flushed):
        store.synced(names)


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
        if error.errno in NEVER_WRITTEN:
            return True
        sys.stderr.write(f"datamake: {path} could not be written through to disk: {error}\n")
        return False
    return True
