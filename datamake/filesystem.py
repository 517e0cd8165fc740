"""Which kind of file system a path is on, and whether other machines may use that too."""

from __future__ import annotations

import os
import re

MOUNTS = "/proc/self/mountinfo"

# Kinds as the kernel names them.
OF_MANY_MACHINES = frozenset(
    {
        *("9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "gpfs"),
        *("lustre", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "smb3", "smbfs"),
        *("vboxsf", "virtiofs", "wekafs"),
    }
)

# Of what user space serves ("fuse.sshfs") most is a network's; these show folders of this machine.
OF_THIS_MACHINE = frozenset(
    {"bindfs", "encfs", "fuse-overlayfs", "gocryptfs", "mergerfs", "portal", "unionfs"}
)


def is_of_many_machines(path: str) -> bool:
    """Whether a path is on a file system of a network; False where the system does not tell."""
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            mounts = file.read()
    except OSError:
        return False
    return is_kind_of_many_machines(kind_of(os.path.realpath(path), mounts))


def is_kind_of_many_machines(kind: str) -> bool:
    """Whether file systems of a kind are there for several machines at once, or may be."""
    serves, _, name = kind.partition(".")
    return kind in OF_MANY_MACHINES or (serves == "fuse" and name not in OF_THIS_MACHINE)


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
