"""The content digest of a folder: taken anew only where stat says that something has changed.

Beside a folder's content digest a digest of the stamps of all that lies in it is remembered. As
long as that is the same, the content is, and no file is asked for by itself. Behind it lies an
index of the digests of the folder's files, for the time when some of them have changed.
"""

from __future__ import annotations

import os
import stat as stat_module
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from msgspec import Struct

from datamake.hashing import Taken, hash_file
from datamake.listing import Index, content_digest, key_of, listed
from datamake.stamps import PACKED, CachedFile, FileCache, Stamp

# More files than this that a folder's index does not know are looked up all at once, and so many
# are read at a time by each of the threads that wait for the disk.
MANY = 64
THREADS = 4

# What stands for a digest where there is nothing.
NOTHING = "dangling"

NO_INDEX = Index([], b"", "")

# The place of a file in its index, its path, and its stamp.
Unread = tuple[int, str, Stamp]

Result = TypeVar("Result")


class Walk(Struct, frozen=True):
    """Where a folder's digest has come to: where it began, the folders above, and the names to
    leave out by the folder that they are in.
    """

    root: str
    within: tuple[os.stat_result, ...]
    left_out: dict[str, set[str]]


class Folders:
    """Takes the digests of folders. Raises OSError where something is there and can't be read."""

    def __init__(self, cache: FileCache, clock: Callable[[], int], boot: str) -> None:
        self._cache = cache
        self._clock = clock
        self._boot = boot
        # Of what was read or changed in this run, by key.
        self._indexes: dict[str, Index] = {}

    def digest(self, path: str, found: os.stat_result, without: Collection[str]) -> str:
        """Return the digest of a folder's names, kinds and contents, but for some paths in it."""
        left_out: dict[str, set[str]] = {}
        for left in without:
            folder, name = os.path.split(left)
            left_out.setdefault(folder or os.curdir, set()).add(name)
        return self._digest(path, Walk(path, (found,), left_out))

    def find(self, path: str, stamp: bytes) -> CachedFile | None:
        """Return what is known of a file with this stamp from a look at the folder it is in."""
        folder, name = os.path.split(path)
        key = key_of(folder or os.curdir)
        known = self._remembered(key, self._cache.cached_file(key)).find(name, stamp, self._boot)
        if known is None:
            return None
        digest, unsynced = known
        boot = self._boot if unsynced else ""
        return CachedFile(Stamp(*PACKED.unpack(stamp)), True, digest, boot)

    def renamed(self, old: str, new: str) -> None:
        """Note that a folder whose digest was just taken has another name now.

        Its files have the stamps they had, and each entry of an index stands for its stamp alone.
        """
        above = os.path.join(old, "")
        for key in [key for key in self._indexes if key.startswith(above)]:
            cached, index = self._cache.cached_file(key), self._indexes.pop(key)
            if cached is not None:
                now = os.path.join(new, "") + key[len(above) :]
                self._indexes[now] = index
                self._cache.cache_folder(now, cached, index.encoded())

    def _digest(self, path: str, walk: Walk) -> str:
        left_out = walk.left_out.get(path, set())
        listing = listed(path, left_out)
        below = "" if path == os.curdir else os.path.join(path, "")
        others = {
            name: self._other(below + name, found, walk) for name, found in listing.others.items()
        }
        key, stamps = key_of(path, left_out), listing.digest(others)
        cached = self._cache.cached_file(key)
        if cached is not None and cached.holds_in(self._boot) and cached.digest.endswith(stamps):
            return cached.digest.partition(" ")[0]
        index = Index(listing.names, b"".join(listing.stamps), self._boot)
        content = ""
        try:
            unknown = self._fill(index, listing.stamps, self._remembered(key, cached))
            if len(unknown) > MANY:
                self._cache.look_up_below(walk.root)
            self._read(
                index, [(at, below + listing.names[at], listing.stamps[at]) for at in unknown]
            )
            digests = [digest or NOTHING for digest in index.digests()]
            names = [*listing.names, *others]
            content = content_digest(names, [*digests, *others.values()])
        finally:
            # What was read is worth keeping, also if something else can't be.
            self._keep(key, index, f"{content} {stamps}" if content else "")
        return content

    def _other(self, path: str, found: os.stat_result | None, walk: Walk) -> str:
        """Return what counts for a digest of what is no regular file."""
        if found is None:
            return NOTHING
        if not stat_module.S_ISDIR(found.st_mode):
            return special(found)
        for levels, folder in enumerate(reversed(walk.within), 1):
            if os.path.samestat(found, folder):  # a link to a folder that it lies in
                return f"above:{levels}"
        return self._digest(path, Walk(walk.root, (*walk.within, found), walk.left_out))

    def _fill(self, index: Index, stamps: Sequence[bytes], known: Index) -> list[int]:
        """Take up the digests that are known of files with these stamps; return the others'
        places.
        """
        unknown = []
        for place, (name, stamp) in enumerate(zip(index.names, stamps, strict=True)):
            found = known.find(name, stamp, self._boot)
            if found is None:
                unknown.append(place)
            else:
                index.add(place, found[0], settled=True, unsynced=found[1])
        return unknown

    def _read(self, index: Index, files: Sequence[tuple[int, str, bytes]]) -> None:
        """Take up the digests of files that are known by themselves, or have to be read."""
        unread: list[Unread] = []
        for place, path, packed in files:
            stamp, cached = Stamp(*PACKED.unpack(packed)), self._cache.cached_file(path)
            if cached is not None and cached.holds_for(stamp, self._boot):
                index.add(place, cached.digest, settled=True, unsynced=cached.boot != "")
            else:
                unread.append((place, path, stamp))
        for part in shared(self._hashed, unread):
            for place, file in part:
                index.add(place, file.digest, settled=file.settled, unsynced=True)

    def _hashed(self, files: Sequence[Unread]) -> list[tuple[int, Taken]]:
        taken = []
        for place, path, stamp in files:
            with suppress(FileNotFoundError):  # somebody removed it since it was stat'ed
                taken.append((place, hash_file(path, stamp, self._clock)))
        return taken

    def _remembered(self, key: str, cached: CachedFile | None) -> Index:
        index = self._indexes.get(key)
        if index is None and cached is not None:
            index = Index.decoded(self._cache.cached_index(key), cached.boot)
            self._indexes[key] = index
        return index or NO_INDEX

    def _keep(self, key: str, index: Index, digest: str) -> None:
        self._indexes[key] = index
        boot = self._boot if index.unsynced else ""
        settled = bool(digest) and index.settled
        cached = CachedFile(Stamp(len(index.names), 0, 0, 0), settled, digest, boot)
        self._cache.cache_folder(key, cached, index.encoded())


def special(found: os.stat_result) -> str:
    """Return the digest of what is neither a file nor a folder."""
    return f"special:{stat_module.S_IFMT(found.st_mode):o}"


def shared(work: Callable[[Sequence[Unread]], Result], files: Sequence[Unread]) -> Iterator[Result]:
    """Yield the results of work on the parts of some files, in their order.

    As soon as a part has to wait for the disk, several threads take the others: they wait at the
    same time. What is in memory they would read no faster, for twice the computing.
    """
    parts = iter([files[at : at + MANY] for at in range(0, len(files), MANY)])
    for part in parts:
        before = _waits()
        yield work(part)
        if _waits() - before > len(part) // 4:
            break
    left = list(parts)
    if left:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(THREADS) as threads:
            yield from threads.map(work, left)


def _waits() -> int:
    """Return how often this thread has given up its processor to wait for something."""
    import resource

    who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
    return resource.getrusage(who).ru_nvcsw
