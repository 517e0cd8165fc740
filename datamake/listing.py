"""What lies in one folder, as stat says, and an index of the digests that were taken of its files.

Neither has an object for each file, as there may be very many.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

import msgspec
from blake3 import blake3
from msgspec import Struct

from datamake.stamps import KIND, PACKED, REGULAR, is_own, leads_nowhere, packed_stamp_of

SIZE = 32

# What is known of a file in an index.
HASHED = 1
SETTLED = 2
UNSYNCED = 4

# No canonical path has this.
VARIANT = "./"


# Names, stamps, flags and digests.
Parts = tuple[bytes, bytes, bytes, bytes]


class Listing(Struct, frozen=True):
    """The names and packed stamps of a folder's files, in the order of the file system, and what
    else is in it: None for a link that leads nowhere.
    """

    names: list[str]
    stamps: list[bytes]
    others: dict[str, os.stat_result | None]

    def digest(self, others: Mapping[str, str]) -> str:
        """Return a digest of all stamps and names, and of the digests of what else is there."""
        names = "\0".join(self.names)
        said = "\0".join(f"{name}/{digest}" for name, digest in others.items())
        hasher = blake3(b"%d %d " % (len(self.names), len(names)))
        hasher.update(os.fsencode(names))
        hasher.update(b"".join(self.stamps))
        hasher.update(os.fsencode(said))
        return hasher.hexdigest(length=16)


def listed(path: str, left_out: Collection[str]) -> Listing:
    """Look at what lies in a folder, but for some names and what datamake itself is writing there.

    A link counts as what it leads to. Raises OSError.
    """
    listing = Listing([], [], {})
    add_name, add_stamp = listing.names.append, listing.stamps.append
    # Behind an open folder, a file is found by its name alone.
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if is_own(name) or name in left_out:
                    continue
                try:
                    found = entry.stat()
                except OSError as error:
                    if not leads_nowhere(error):
                        raise OSError(
                            error.errno, error.strerror, os.path.join(path, name)
                        ) from None
                    listing.others[name] = None
                    continue
                if found.st_mode & KIND == REGULAR:
                    add_name(name)
                    add_stamp(packed_stamp_of(found))
                else:
                    listing.others[name] = found
    finally:
        os.close(folder)
    return listing


def content_digest(names: Sequence[str], digests: Sequence[str]) -> str:
    """Return the digest of a folder that has these names, each of content with this digest."""
    entries = sorted(zip(map(os.fsencode, names), digests, strict=True))
    lines = [b"%d %s%s\n" % (len(name), name, digest.encode()) for name, digest in entries]
    return f"folder:{blake3(b''.join(lines)).hexdigest()}"


class Index:
    """Digests of a folder's files, by name and stamp. Of some it may have none.

    `boot` is the boot of the machine in which those files were read that have not been written
    through to the disk since, "" if all have been.
    """

    def __init__(self, names: Sequence[str], stamps: bytes, boot: str) -> None:
        self.names = names
        self.boot = boot
        self._stamps = stamps
        self._flags = bytearray(len(names))
        self._digests = bytearray(SIZE * len(names))
        self._places: dict[str, int] | None = None

    @classmethod
    def decoded(cls, encoded: bytes | None, boot: str) -> Index:
        """Return an index from its bytes; an empty one if there are none, or of another version."""
        try:
            names, *parts = msgspec.msgpack.decode(encoded or b"", type=Parts)
        except msgspec.DecodeError:
            return cls([], b"", boot)
        index = cls(os.fsdecode(names).split("\0") if parts[0] else [], parts[0], boot)
        index._flags, index._digests = bytearray(parts[1]), bytearray(parts[2])
        return index

    def encoded(self) -> bytes:
        """Return the index in bytes."""
        names = os.fsencode("\0".join(self.names))
        return msgspec.msgpack.encode((names, self._stamps, self._flags, self._digests))

    def add(self, place: int, digest: str, *, settled: bool, unsynced: bool) -> None:
        """Take up the digest of the file at a place of the names."""
        self._digests[SIZE * place : SIZE * (place + 1)] = bytes.fromhex(digest)
        self._flags[place] = HASHED | settled * SETTLED | unsynced * UNSYNCED

    def find(self, name: str, stamp: bytes, boot: str) -> tuple[str, bool] | None:
        """Return the digest that a file with this stamp has in this boot, and whether it has not
        been written through.
        """
        if self._places is None:
            self._places = {known: place for place, known in enumerate(self.names)}
        place = self._places.get(name)
        if place is None or not self._flags[place] & SETTLED:
            return None
        start, unsynced = place * PACKED.size, bool(self._flags[place] & UNSYNCED and self.boot)
        if self._stamps[start : start + PACKED.size] != stamp or (unsynced and self.boot != boot):
            return None
        return self._digests[SIZE * place : SIZE * (place + 1)].hex(), unsynced

    def digests(self) -> list[str | None]:
        """Return the digests of all names, None for those that are not known."""
        digits, size = self._digests.hex(), 2 * SIZE
        return [
            digits[size * place : size * (place + 1)] if flags & HASHED else None
            for place, flags in enumerate(self._flags)
        ]

    @property
    def settled(self) -> bool:
        """Whether every digest is known, and any later write shows in a stamp."""
        return all(flags & SETTLED for flags in self._flags)

    @property
    def unsynced(self) -> list[str]:
        """The names of the files that have not been written through since they were hashed."""
        flagged = zip(self.names, self._flags, strict=True)
        return [name for name, flags in flagged if flags & UNSYNCED] if self.boot else []


def key_of(folder: str, left_out: Collection[str] = ()) -> str:
    """Return the name under which a folder's digest is remembered: no file has it."""
    key = os.path.join(folder, "")
    if not left_out:
        return key
    names = "\0".join(sorted(left_out))
    return f"{key}{VARIANT}{blake3(os.fsencode(names)).hexdigest(length=8)}/"


def folder_of(key: str) -> str | None:
    """Return the folder whose digest is remembered under a name, None if it is a file's."""
    if not key.endswith(os.sep):
        return None
    folder, some_left_out, _ = key[:-1].rpartition(f"/{VARIANT}")
    return (folder if some_left_out else key[:-1]) or os.sep
