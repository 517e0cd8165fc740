"""The only reader of file state: what content a file or a folder has now.

A content digest is cached under the file's size, times and inode, so that an unchanged file is
stat'ed and not read. The cache key is trusted only if the file was not written in the same
instant in which it was hashed (git calls such an entry "racily clean").
"""

from __future__ import annotations

import errno
import os
import stat as stat_module
import time
from collections.abc import Callable, Collection
from typing import Protocol

import msgspec
from blake3 import blake3
from msgspec import Struct

from datamake.hashing import hash_open
from datamake.process import boot_id

# File systems stamp times with the clock of the last timer interrupt, 1 to 10 ms old on Linux,
# and some count in steps of two seconds; a younger file is hashed again the next time.
CLOCK_STEP_NS = 20_000_000
COARSE_CLOCK_STEP_NS = 2_000_000_000

OWN_PREFIX = ".datamake"


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
        return self.settled and stamp == self.stamp and self.boot in ("", boot)


class Walk(Struct, frozen=True):
    """Where a folder's digest has come to: the folders above, and the paths to leave out."""

    within: tuple[os.stat_result, ...] = ()
    without: Collection[str] = ()


class FileCache(Protocol):
    """Where content digests are remembered between runs."""

    def cached_file(self, path: str) -> CachedFile | None:
        """Return what was remembered of a path."""

    def cache_file(self, path: str, cached: CachedFile) -> None:
        """Remember the digest of a path; may be written later."""

    def look_up_below(self, folder: str) -> None:
        """Make ready to be asked for all files below a folder."""


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
        self._sealed: set[str] = set()

    def mtime_ns(self, path: str) -> int | None:
        """Return the time of last modification in nanoseconds, None if there is nothing."""
        found = _stat(path)
        return None if found is None else found.st_mtime_ns

    def digest(self, path: str, without: Collection[str] = ()) -> str | None:
        """Return the content digest (BLAKE3, hexadecimal) of a file or folder.

        A folder's digest covers names, kinds and contents of all that lies below it, empty
        folders included, but for the paths in `without`; a symbolic link counts as what it
        points to. None if nothing is there.
        """
        found = _stat(path)
        return None if found is None else self._digest(path, found, Walk(without=without))

    def seal(self, path: str) -> None:
        """Have any later write of a file that was just made show in its stamp.

        Its time of modification is put back by a nanosecond, or what the file system has for that:
        the clock that stamps a later write has passed this time. A file with other names is left
        as it is: it may be somebody's input.
        """
        found = os.lstat(path)
        if not stat_module.S_ISREG(found.st_mode) or found.st_nlink > 1:
            return
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - 1))
        if os.lstat(path).st_mtime_ns < found.st_mtime_ns:
            self._sealed.add(path)

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
        found = _stat(path)
        same = found is not None and found.st_mtime_ns == mtime_ns
        return _stamp(found) if found is not None and same else None

    def renamed(self, old: str, new: str) -> None:
        """Note that a file that was just hashed has another name now.

        Nobody else knew the old name, and a write under the new one shows in the time of
        modification unless that is as young as the rename.
        """
        cached, found = self._cache.cached_file(old), _stat(new)
        if cached is None or found is None or not stat_module.S_ISREG(found.st_mode):
            return
        stamp = _stamp(found)
        if msgspec.structs.replace(stamp, ctime_ns=0) == msgspec.structs.replace(
            cached.stamp, ctime_ns=0
        ):
            settled = old in self._sealed or _settled(stamp.mtime_ns, stamp.ctime_ns)
            self._sealed.discard(old)
            self._cache.cache_file(new, CachedFile(stamp, settled, cached.digest, self._boot))

    def _digest(self, path: str, found: os.stat_result, walk: Walk) -> str | None:
        if stat_module.S_ISDIR(found.st_mode):
            return self._folder_digest(path, Walk((*walk.within, found), walk.without))
        if not stat_module.S_ISREG(found.st_mode):
            return f"special:{stat_module.S_IFMT(found.st_mode):o}"
        try:
            return self._file_digest(path, found)
        except FileNotFoundError:  # somebody removed it since it was stat'ed
            return None

    def _file_digest(self, path: str, found: os.stat_result) -> str:
        cached = self._cache.cached_file(path)
        if cached is not None and cached.holds_for(_stamp(found), self._boot):
            return cached.digest
        now_ns = self._clock()
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            stamp = _stamp(os.fstat(descriptor))
            digest = hash_open(descriptor, stamp.size)
            unmoved = _stamp(os.fstat(descriptor)) == stamp
        finally:
            os.close(descriptor)
        if unmoved:
            # A time of modification in the future was set by hand, and tells of no writing.
            mtime_ns = stamp.mtime_ns if stamp.mtime_ns < now_ns else 0
            settled = _settled(max(mtime_ns, stamp.ctime_ns), now_ns)
            self._cache.cache_file(path, CachedFile(stamp, settled, digest, self._boot))
        return digest

    def _folder_digest(self, path: str, walk: Walk) -> str:
        if len(walk.within) == 1:
            self._cache.look_up_below(path)
        below = "" if path == os.curdir else os.path.join(path, "")
        lines = []
        for raw_name, name in _names(path):
            entry = below + name
            if entry not in walk.without:
                digest = self._entry_digest(entry, walk)
                lines.append(b"%d %s%s\n" % (len(raw_name), raw_name, digest.encode()))
        return f"folder:{blake3(b''.join(lines)).hexdigest()}"

    def _entry_digest(self, path: str, walk: Walk) -> str:
        found = _stat(path)
        if found is None:
            return "dangling"
        if stat_module.S_ISDIR(found.st_mode):
            for levels, folder in enumerate(reversed(walk.within), 1):
                if os.path.samestat(found, folder):  # a link to a folder that it lies in
                    return f"above:{levels}"
        return self._digest(path, found, walk) or "dangling"


def _names(path: str) -> list[tuple[bytes, str]]:
    # What datamake itself is writing inside a folder is not the folder's content.
    own = (name for name in os.listdir(path) if not name.startswith(OWN_PREFIX))
    return sorted((os.fsencode(name), name) for name in own)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        # A link that leads to itself leads to nothing; a name too long can't be one of a file.
        if error.errno in (errno.ELOOP, errno.ENAMETOOLONG):
            return None
        raise


def _settled(written_ns: int, seen_ns: int) -> bool:
    coarse = written_ns % 1_000_000_000 == 0
    return written_ns + (COARSE_CLOCK_STEP_NS if coarse else CLOCK_STEP_NS) < seen_ns


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
