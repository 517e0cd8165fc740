"""The digest of a file's content, and whether the stamp of the file stands for it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable

from blake3 import blake3
from msgspec import Struct

from datamake.forks import said_apart
from datamake.stamps import Stamp, is_settled, stamp_of

# Above this size a file is hashed by several threads from a memory map, below it is just read:
# to fork a process for it, and to start its threads, takes as long as to hash some megabytes.
LARGE_FILE_BYTES = 64 << 20
# So much is mapped at once, as what is mapped counts as memory of this process.
MAPPED_BYTES = 64 << 20
READ_BYTES = 1 << 20


class Taken(Struct, frozen=True, gc=False):
    """A digest; `unmoved` says that the file had the same stamp before and after, `settled` that
    any write since then shows in it.
    """

    digest: str
    unmoved: bool
    settled: bool


def hash_file(path: str, before: Stamp, clock: Callable[[], int]) -> Taken:
    """Read a regular file that has just been found to have a stamp. Raises OSError."""
    now_ns = clock()
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        digest = hash_open(descriptor, before.size)
        unmoved = stamp_of(os.fstat(descriptor)) == before
    finally:
        os.close(descriptor)
    return Taken(digest, unmoved, unmoved and is_settled(before, now_ns))


def hash_open(descriptor: int, size: int) -> str:
    """Return the content digest (BLAKE3, hexadecimal) of an open file of about this size."""
    if size >= LARGE_FILE_BYTES:
        # Who reads in a map what was cut off meanwhile is killed. And a library's threads are not
        # there in a process that is forked later, such as a worker, which waits for them for ever.
        digest = said_apart(lambda: _hash_mapped(descriptor, size).encode("ascii"))
        if digest:
            return digest.decode("ascii")
    # One more than is there, so that what was added since is read too.
    block = os.read(descriptor, min(size + 1, READ_BYTES))
    hasher = blake3(block)
    if len(block) == size:  # that is all, or the stamp is another behind it
        return str(hasher.hexdigest())
    while block:
        block = os.read(descriptor, READ_BYTES)  # who adds to it is to be overtaken
        hasher.update(block)
    return str(hasher.hexdigest())


def _hash_mapped(descriptor: int, size: int) -> str:
    hasher = blake3(max_threads=blake3.AUTO)
    for start in range(0, size, MAPPED_BYTES):
        length = min(MAPPED_BYTES, size - start)
        with mmap.mmap(descriptor, length, access=mmap.ACCESS_READ, offset=start) as mapped:
            hasher.update(mapped)
    return str(hasher.hexdigest())
