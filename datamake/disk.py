"""The only reader of file state: what content a file or a folder has now.

A content digest is cached under the file's size, times and inode, so that an unchanged file is
stat'ed and not read. The cache key is trusted only if the file was not written in the same
instant in which it was hashed (git calls such an entry "racily clean").
"""

from __future__ import annotations

import os
import stat as stat_module
import time
from collections.abc import Callable, Collection

from datamake.folders import Folders, special
from datamake.hashing import hash_file
from datamake.process import boot_id
from datamake.stamps import (
    CachedFile,
    FileCache,
    Stamp,
    is_older,
    packed_stamp_of,
    stamp_of,
    stat_of,
)


class LocalDisk:
    """The file system of this machine, behind a cache of digests.

    Raises OSError where a file is there and can't be read.
    """

    def __init__(
        self, cache: FileCache, clock: Callable[[], int] = time.time_ns, boot: str | None = None
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._boot = boot_id() if boot is None else boot
        self._folders = Folders(cache, clock, self._boot)
        # When each sealed file was written, in nanoseconds.
        self._sealed: dict[str, int] = {}

    def mtime_ns(self, path: str) -> int | None:
        """Return the time of last modification in nanoseconds, None if there is nothing."""
        found = stat_of(path)
        return None if found is None else found.st_mtime_ns

    def digest(self, path: str, without: Collection[str] = ()) -> str | None:
        """Return the content digest (BLAKE3, hexadecimal) of a file or folder.

        A folder's digest covers names, kinds and contents of all that lies below it, empty
        folders included, but for the paths in `without`; a symbolic link counts as what it
        points to. None if nothing is there.
        """
        found = stat_of(path)
        if found is None:
            return None
        if stat_module.S_ISDIR(found.st_mode):
            return self._folders.digest(path, found, without)
        if not stat_module.S_ISREG(found.st_mode):
            return special(found)
        try:
            return self._file_digest(path, found)
        except FileNotFoundError:  # somebody removed it since it was stat'ed
            return None

    def seal(self, path: str, found: os.stat_result) -> None:
        """Have any later write of a file that was just made show in its stamp.

        Its time of modification is put back by a nanosecond, or what the file system has for that:
        the clock that stamps a later write has passed this time. A file with other names is left
        as it is: it may be somebody's input. `found` is what `lstat` said of the file since.
        """
        if not stat_module.S_ISREG(found.st_mode) or found.st_nlink > 1:
            self._sealed.pop(path, None)  # an attempt before this one may have failed
            return
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - 1))
        self._sealed[path] = found.st_mtime_ns

    def stamp(self, path: str, digest: str) -> Stamp | None:
        """Return the stamp of a file that was found to have this digest.

        None if it is none, or if a write might not show in the stamp, or not after a power failure.
        """
        cached = self._cache.cached_file(path)
        if cached is None or not cached.settled or cached.boot or cached.digest != digest:
            return None
        return cached.stamp

    def stamp_of_time(self, path: str, mtime_ns: int) -> Stamp | None:
        """Return the stamp of a file now, None if its time of modification is another."""
        found = stat_of(path)
        same = found is not None and found.st_mtime_ns == mtime_ns
        return stamp_of(found) if found is not None and same else None

    def renamed(self, old: str, new: str) -> None:
        """Note that a file that was just hashed has another name now.

        Nobody else knew the old name, and a write under the new one shows in the time of
        modification unless that is as young as the rename.
        """
        found = stat_of(new)
        if found is not None and stat_module.S_ISDIR(found.st_mode):
            self._folders.renamed(old, new)
            return
        cached = self._cache.cached_file(old)
        if cached is None or found is None or not stat_module.S_ISREG(found.st_mode):
            return
        stamp, before = stamp_of(found), cached.stamp
        written_ns = self._sealed.pop(old, stamp.mtime_ns)
        if (stamp.size, stamp.mtime_ns, stamp.inode) == (
            before.size,
            before.mtime_ns,
            before.inode,
        ):
            settled = stamp.mtime_ns < written_ns or is_older(stamp.mtime_ns, stamp.ctime_ns)
            self._cache.cache_file(new, CachedFile(stamp, settled, cached.digest, self._boot))

    def _file_digest(self, path: str, found: os.stat_result) -> str:
        stamp = stamp_of(found)
        is_new = path in self._sealed
        cached = None if is_new else self._cache.cached_file(path)
        if cached is None and not is_new:
            cached = self._folders.find(path, packed_stamp_of(found))
            if cached is not None:
                self._cache.cache_file(path, cached)
        if cached is not None and cached.holds_for(stamp, self._boot):
            return cached.digest
        taken = hash_file(path, stamp, self._clock)
        if taken.unmoved:
            kept = CachedFile(stamp, taken.settled, taken.digest, self._boot)
            self._cache.cache_file(path, kept)
        return taken.digest
