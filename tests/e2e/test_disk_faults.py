"""Disks that are full, folders that may not be written, reports that nobody takes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.bound import COPY, as_nobody
from tests.e2e.conftest import Project
from tests.e2e.waiting import staging_folders

BIG = """
    def write(targets):
        size = int(pathlib.Path("size").read_text())
        with open(targets[0], "wb") as file:
            file.write(b"x" * size)

    def by_name():
        write(["data/by_name.bin"])

    def stage(name, action):
        return {"basename": name, "file_dep": ["size"], "targets": [f"data/{name}.bin"],
                "actions": [action]}

    def task_all():
        yield stage("staged", write)
        yield stage("by_name", by_name)
        yield stage("command", "head -c $(cat size) /dev/zero > %(targets)s")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Project]:
    """A project on a file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("may not mount")
    try:
        yield Project(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("stage", ["staged", "by_name", "command"])
def test_a_full_disk_costs_no_good_target(small_disk: Project, stage: str) -> None:
    project = small_disk
    project.dodo(BIG)
    project.write("size", "1000")
    project.doit(stage)
    project.write("size", "4000000")
    said = project.doit(stage, code=None)
    assert said.code in (1, 2)
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert (project.folder / f"data/{stage}.bin").read_bytes() == b"x" * 1000 or (
        stage == "command" and (project.folder / "data/command.bin").read_bytes() == bytes(1000)
    )
    assert staging_folders(project.folder) == []
    project.write("size", "2000")
    project.doit(stage)
    assert (project.folder / f"data/{stage}.bin").stat().st_size == 2000
    assert "1 up to date" in project.doit(stage).out


def test_no_room_for_the_record_leaves_the_last_good_target(small_disk: Project) -> None:
    project = small_disk
    project.dodo("""
        def fill(targets):
            pathlib.Path(targets[0]).write_text(pathlib.Path("turn").read_text())
            if os.path.exists("fill"):
                with open("filler", "wb", buffering=0) as file:
                    try:
                        while file.write(b"x" * 4096):
                            pass
                    except OSError:
                        pass

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [fill]}

        def task_b():
            return {"file_dep": ["a.txt"], "targets": ["b.txt"],
                    "actions": ["cp a.txt %(targets)s"]}
    """)
    project.write("turn", "good")
    project.doit()
    project.write("fill", "")
    project.write("turn", "bad" * 100)
    said = project.doit(code=None)
    assert said.code in (1, 2, 3), said
    assert "Traceback" not in said
    assert re.search("disk is full|No space left", said.out + said.err), said
    assert project.read("b.txt") == "good"
    assert project.read("a.txt") == "good"
    (project.folder / "filler").unlink()
    (project.folder / "fill").unlink()
    project.doit()
    assert project.read("b.txt") == "bad" * 100
    assert "2 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


def test_a_report_that_can_not_be_written_does_not_stop_the_building(project: Project) -> None:
    project.dodo(BIG)
    project.write("size", "10")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "doit"],
            cwd=project.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == (
        "the report could not be written to its end: [Errno 28] No space left on device\n"
    )
    assert "3 up to date" in project.doit().out


def test_a_reader_of_the_report_may_go_away(project: Project) -> None:
    project.dodo(BIG)
    project.write("size", "10")
    command = f"{sys.executable} -u -m doit | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 0
    assert "3 up to date" in project.doit().out


# Permissions -----------------------------------------------------------------------------


def test_a_project_that_may_only_be_read_can_be_looked_at(anyones: Project) -> None:
    anyones.dodo(COPY)
    anyones.write("raw.txt", "raw")
    anyones.doit()
    anyones.write("raw.txt", "changed")
    for path in (anyones.folder, *anyones.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(map(str, anyones.folder.rglob("*")))
    looks = {"list -s": "R copy", "why copy": "input changed", "run --dry-run": "input changed"}
    for command, expected in looks.items():
        done = as_nobody(anyones, *command.split())
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout
    done = as_nobody(anyones)
    assert done.returncode in (1, 3)
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(map(str, anyones.folder.rglob("*"))) == before
    assert anyones.read("data/copied.txt") == "raw"


def test_a_folder_that_may_not_be_written_is_one_clear_line(anyones: Project) -> None:
    anyones.dodo(COPY)
    anyones.write("raw.txt", "raw")
    (anyones.folder / "data").mkdir(mode=0o555)
    anyones.folder.chmod(0o777)
    done = as_nobody(anyones)
    assert done.returncode in (1, 2)
    assert "\ncopy failed: data/copied.txt can't be made: the folder data is root's" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    (anyones.folder / "data").chmod(0o777)
    assert as_nobody(anyones).returncode == 0
    assert anyones.read("data/copied.txt") == "raw"


def test_an_input_that_can_not_be_read_stops_its_own_stages_only(anyones: Project) -> None:
    anyones.dodo("""
        def task_all():
            for name, file_dep in ("copy", "raw.txt"), ("again", "copy.txt"), ("tree", "folder"):
                yield {"basename": name, "file_dep": [file_dep], "targets": [f"{name}.txt"],
                       "actions": [f"cp -r {file_dep} %(targets)s"]}
            yield {"basename": "other", "targets": ["other.txt"],
                   "actions": ["echo other > %(targets)s"]}
    """)
    anyones.write("raw.txt", "raw")
    anyones.write("folder/inner.txt", "inner")
    anyones.folder.chmod(0o777)
    for path in ("raw.txt", "folder/inner.txt"):
        (anyones.folder / path).chmod(0)
    for looking in ("why", "list -s", "run --dry-run"):
        assert as_nobody(anyones, *looking.split()).stderr == ""
    for workers in ("1", "2"):
        done = as_nobody(anyones, "-c", "-n", workers)
        assert done.stderr == ""
        assert "copy needs raw.txt, which can't be read" in done.stdout
        assert "tree needs folder/inner.txt, which can't be read" in done.stdout
        assert "not run  again" in done.stdout
        assert anyones.read("other.txt") == "other\n"
        assert not anyones.exists("again.txt")
    for path in ("raw.txt", "folder/inner.txt"):
        (anyones.folder / path).chmod(0o644)
    assert as_nobody(anyones).returncode == 0
    assert anyones.read("again.txt") == "raw"


def test_a_folder_that_is_made_read_only_is_built_and_built_again(anyones: Project) -> None:
    anyones.dodo("""
        def task_tree():
            return {"file_dep": ["raw.txt"], "targets": ["tree"],
                    "actions": ["mkdir %(targets)s && cp raw.txt %(targets)s/x"
                                " && chmod a-w %(targets)s"]}
    """)
    anyones.folder.chmod(0o777)
    for text in ("1", "2"):
        anyones.write("raw.txt", text)
        (anyones.folder / "raw.txt").chmod(0o644)
        done = as_nobody(anyones)
        assert done.returncode == 0, done.stdout + done.stderr
        assert anyones.read("tree/x") == text
        assert (anyones.folder / "tree").stat().st_mode & 0o777 == 0o555
        assert staging_folders(anyones.folder) == []
    assert "1 up to date" in as_nobody(anyones).stdout


def test_an_input_where_nothing_is_ever_written_has_nothing_to_be_written_through(
    project: Project,
) -> None:
    """Such as one of a file system that is made once and only read, or of the kernel itself."""
    project.dodo("""
        def task_copy():
            return {"file_dep": ["/proc/version"], "targets": ["copy.txt"],
                    "actions": ["cp /proc/version %(targets)s"]}
    """)
    for told in ("1 built", "1 up to date"):
        said = project.doit()
        assert told in said.out
        assert said.err == ""
