"""Writes what a run built through to the disk, once, before the run ends.

A flush of every file as it is built would make many small stages slow. So the store notes of each
digest whether the file has been written through since; one that has not is believed only in the
boot of the machine in which it was taken. After a power failure such files are hashed again.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from datamake import files
from datamake.process import boot_id
from datamake.store import Store

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
    try:
        paths = store.files_of(names, boot, FEW)
        if paths is None:
            os.sync()
        else:
            for path in paths:
                with suppress(FileNotFoundError):
                    files.flush(path)
            for folder in {os.path.dirname(path) or "." for path in paths}:
                with suppress(FileNotFoundError):
                    files.flush_folder(folder)
    except OSError as error:
        sys.stderr.write(f"datamake: not everything could be written through to disk: {error}\n")
        return
    store.synced(names)
