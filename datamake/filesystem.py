"""Which kind of file system a path is on, and whether other machines may use that too."""

from __future__ import annotations

import os
import re

MOUNTS = "/proc/self/mountinfo"

# Kinds as the kernel names them; what user space serves ("fuse.sshfs") counts by its second part.
OF_MANY_MACHINES = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre"),
        *("nfs", "nfs4", "smb3", "sshfs", "virtiofs"),
    }
)


def is_of_many_machines(path: str) -> bool:
    """Whether a path is on a file system of a network; False where the system does not tell."""
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            mounts = file.read()
    except OSError:
        return False
    return kind_of(os.path.realpath(path), mounts).removeprefix("fuse.") in OF_MANY_MACHINES


def kind_of(path: str, mounts: str) -> str:
    """Return the kind of file system that a real path is on, by a text as of /proc (proc(5))."""
    longest, kind = "", ""
    for line in mounts.splitlines():
        place, _, rest = line.partition(" - ")
        point = _unescaped(place.split(" ")[4])
        inside = path == point or path.startswith(os.path.join(point, ""))
        # Of two mounts at one place, the later hides the earlier.
        if inside and len(point) >= len(longest):
            longest, kind = point, rest.split(" ")[0]
    return kind


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
