"""What stat says of a file, and the content digest that was remembered under it."""

from __future__ import annotations

import errno
import os
import struct
from typing import Protocol

from msgspec import Struct, structs

# File systems stamp times with the clock of the last timer interrupt, 1 to 10 ms old on Linux,
# and some count in steps of two seconds; a younger file is hashed again the next time.
CLOCK_STEP_NS = 20_000_000
COARSE_CLOCK_STEP_NS = 2_000_000_000

OWN_PREFIX = ".datamake"

REGULAR = 0o100000
KIND = 0o170000

FIRST_NS, LAST_NS = -(2**63), 2**63 - 1

# A stamp in few bytes.
PACKED = struct.Struct("=qqqQ")


class Stamp(Struct, frozen=True, gc=False):
    """What stat says of a file: enough to know that nobody wrote it since it was hashed."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class CachedFile(Struct, frozen=True, gc=False):
    """A content digest, and the stamp of the file when it was taken.

    `settled` says that any later write shows in the stamp. `boot` is the boot of the machine in
    which this was found, or "" once the file has been written through to the disk: when the
    power fails before, the stamp may outlive the content.
    """

    stamp: Stamp
    settled: bool
    digest: str
    boot: str = ""

    def holds_for(self, stamp: Stamp, boot: str) -> bool:
        """Whether the digest is still that of a file with this stamp, in this boot."""
        return stamp == self.stamp and self.holds_in(boot)

    def holds_in(self, boot: str) -> bool:
        """Whether an equal stamp, in this boot, says that the content is the same."""
        return self.settled and self.boot in ("", boot)


class FileCache(Protocol):
    """Where content digests are remembered between runs."""

    def cached_file(self, path: str) -> CachedFile | None:
        """Return what was remembered of a path."""

    def cache_file(self, path: str, cached: CachedFile) -> None:
        """Remember the digest of a path; may be written later."""

    def look_up_below(self, folder: str) -> None:
        """Make ready to be asked for all files below a folder."""

    def cached_index(self, key: str) -> bytes | None:
        """Return the index that was remembered with a folder's digest."""

    def cache_folder(self, key: str, cached: CachedFile, index: bytes) -> None:
        """Remember a folder's digest with an index of its files; may be written later."""


def stamp_of(found: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    # A time that somebody set may lie further away than the store can count.
    mtime_ns = min(max(found.st_mtime_ns, FIRST_NS), LAST_NS)
    return Stamp(found.st_size, mtime_ns, found.st_ctime_ns, found.st_ino)


def is_own(name: str) -> bool:
    """Whether a file or folder of this name is datamake's own, wherever it lies."""
    return name.startswith(OWN_PREFIX) and name[len(OWN_PREFIX) :][:1] in ("", "-")


def packed_stamp_of(found: os.stat_result) -> bytes:
    """Return the stamp of a file in few bytes."""
    try:
        return PACKED.pack(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    except struct.error:  # a time that is too far away to be counted
        return PACKED.pack(*structs.astuple(stamp_of(found)))


def stat_of(path: str) -> os.stat_result | None:
    """Return what stat says of what is at a path, None if nothing is there. Raises OSError."""
    try:
        return os.stat(path)
    except OSError as error:
        if leads_nowhere(error):
            return None
        raise


def leads_nowhere(error: OSError) -> bool:
    """Whether an error of stat says that nothing is there."""
    # A link that leads to itself leads to nothing; a name too long can't be one of a file.
    return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


def is_settled(stamp: Stamp, now_ns: int) -> bool:
    """Whether any write from now on shows in a file's stamp."""
    # A time of modification in the future was set by hand, and tells of no writing.
    mtime_ns = stamp.mtime_ns if stamp.mtime_ns < now_ns else 0
    return is_older(max(mtime_ns, stamp.ctime_ns), now_ns)


def is_older(written_ns: int, seen_ns: int) -> bool:
    """Whether the clock of a file system has moved on from one time to another."""
    coarse = written_ns % 1_000_000_000 == 0
    return written_ns + (COARSE_CLOCK_STEP_NS if coarse else CLOCK_STEP_NS) < seen_ns
