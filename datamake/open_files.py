"""Room for open files, of which an action may leave none to what comes behind it."""

from __future__ import annotations

import errno
import os
import resource
from contextlib import suppress

# Standard input: where it is closed there is no telling, nor need of it, as its number is free.
ANY_FILE = 0


def make_room() -> None:
    """Allow this process to open more files, where actions left as many open as it may have.

    As many again, as far as the system allows a process to allow itself.
    """
    try:
        os.close(os.dup(ANY_FILE))
    except OSError as error:
        if error.errno == errno.EMFILE:
            _raise_limit()


def _raise_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    more = 2 * soft if hard == resource.RLIM_INFINITY else min(2 * soft, hard)
    with suppress(OSError, ValueError):  # some systems have a limit of their own below that
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
