"""Which kind of file system a path is on, by what the system says of its mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamake import filesystem
from datamake.filesystem import is_kind_of_many_machines, is_of_many_machines, kind_of

MOUNTS = r"""
22 28 0:21 / /proc rw,nosuid - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 0:40 / /home rw,relatime shared:5 master:2 - nfs4 server:/home rw,vers=4.2
41 40 8:2 / /home/local rw - xfs /dev/sdb1 rw
42 28 0:42 / /mnt/with\040space\134 rw - cifs //server/share rw
43 28 0:43 / /remote rw - fuse.sshfs someone@server: rw
44 28 8:3 / /twice rw - ext4 /dev/sdc1 rw
45 44 0:44 / /twice rw - nfs server:/twice rw
""".lstrip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/data/raw", "ext4"),
        ("/home", "nfs4"),
        ("/home/anne/project/.datamake", "nfs4"),
        ("/homework", "ext4"),
        ("/home/local", "xfs"),
        ("/home/local/x", "xfs"),
        ("/home/locals", "nfs4"),
        ("/mnt/with space\\/x", "cifs"),
        ("/remote/x", "fuse.sshfs"),
        ("/twice/x", "nfs"),
    ],
)
def test_the_longest_mount_point_that_contains_a_path_counts(path: str, kind: str) -> None:
    assert kind_of(path, MOUNTS) == kind


def test_of_no_mounts_nothing_is_known() -> None:
    assert kind_of("/home", "") == ""


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "tmpfs", "overlay", "btrfs", "fuseblk", "fuse.mergerfs", ""]
)
def test_kinds_of_one_machine(kind: str) -> None:
    assert not is_kind_of_many_machines(kind)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "ocfs2", "vboxsf", "fuse.sshfs", "fuse.juicefs"])
def test_kinds_that_other_machines_may_use_too(kind: str) -> None:
    assert is_kind_of_many_machines(kind)


def test_a_path_is_looked_up_by_where_it_really_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = f"{tmp_path}/mounts"
    with open(mounts, "w", encoding="utf-8") as file:
        file.write(f"1 0 8:1 / / rw - ext4 a rw\n2 1 0:9 / {tmp_path}/far rw - fuse.sshfs b rw\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)
    assert is_of_many_machines(f"{tmp_path}/link/store.sqlite")
    assert not is_of_many_machines(f"{tmp_path}/store.sqlite")
    monkeypatch.setattr(filesystem, "MOUNTS", f"{tmp_path}/none")
    assert not is_of_many_machines(f"{tmp_path}/link/store.sqlite")
