"""What a power failure may do to a file: other content under the same size and times."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from datamake.store import Store


def damage(path: Path) -> None:
    """Change a file's content and leave all that stat says, as a power failure may."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(b"\0" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cached_with_the_stamp_of_now(store: Store, path: str, place: Path = Path()) -> None:
    """Have the cache take a damaged file's stamp for that of the hashed one.

    `path` is as the store spells it, from the folder `place`.
    """
    cached = store.cached_file(path)
    assert cached is not None
    found = os.stat(place / path)
    stamp = msgspec.structs.replace(cached.stamp, ctime_ns=found.st_ctime_ns)
    store.cache_file(path, msgspec.structs.replace(cached, stamp=stamp))
