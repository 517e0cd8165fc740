"""Moves what actions left beside staged targets to its place, and loses nothing of a person's.

An action that adds to a file beside its target finds none where it is staged, and makes a new one.
So what is in the place of that is kept, unless an attempt left it there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import msgspec

from datamake import files, keep
from datamake.dependency import Dependency
from datamake.paths import canonical
from datamake.stamps import packed_stamp_of

NOTE = "beside "

# Paths, with the stamps of what an attempt left there.
_Stamps = list[tuple[bytes, bytes]]


def bring(staged: str, place: str, dependency: Dependency) -> Iterator[str]:
    """Move a file or folder to its place; yield where what it takes the place of is kept.

    To be called in the transaction in which the attempt is recorded. Raises OSError.
    """
    store = dependency.store
    noted = store.note(NOTE + place)
    left = {} if noted is None else dict(msgspec.msgpack.decode(noted, type=_Stamps))
    coming = list(_files(staged, place))
    for source, path in coming:
        if _is_lost(source, path, left, dependency):
            kept = keep.place_to_keep(path)
            files.double(path, kept)
            yield f"{path} was there before; that file is kept as {kept}"
    files.merge(staged, place)
    left |= {os.fsencode(path): packed_stamp_of(os.lstat(path)) for _, path in coming}
    store.take_note(NOTE + place, msgspec.msgpack.encode(list(left.items())))


def taken_from_stages(
    siblings: Iterable[tuple[str, str]], dependency: Dependency, root: str
) -> set[str]:
    """Return which stages' targets would be replaced by what lies beside staged targets.

    A thread that outlived its own stage's actions may have written it there.
    """
    taken: set[str] = set()
    for staged, place in siblings:
        made = {*dependency.others("", os.path.dirname(canonical(place, root)) or os.curdir)}
        taken |= made.intersection(canonical(path, root) for _, path in _files(staged, place))
    return taken


def _files(staged: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield each file that is to be moved, with the path that it is going to have."""
    if not files.is_folder(staged):
        yield staged, place
        return
    for name in sorted(os.listdir(staged)):
        yield from _files(os.path.join(staged, name), os.path.join(place, name))


def _is_lost(source: str, path: str, left: dict[bytes, bytes], dependency: Dependency) -> bool:
    """Whether a file at a path is neither what a build left there nor the same as what comes."""
    if not os.path.lexists(path) or files.is_folder(path):
        return False
    if left.get(os.fsencode(path)) == packed_stamp_of(os.lstat(path)):
        return False
    if not os.path.islink(path) and files.same_content(source, path):
        return False
    built = dependency.store.built(path)
    return built is None or built != dependency.judge.checker.state(path, built)
