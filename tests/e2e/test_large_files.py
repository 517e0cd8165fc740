"""Large inputs, which are hashed by all cores at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until

# A file with nothing in it takes no room, and more than a second to be read.
GIGABYTES = 6 << 30

COPY = """
    def size(dependencies, targets):
        pathlib.Path(targets[0]).write_text(str(os.path.getsize(dependencies[0])))

    def task_size():
        return {"file_dep": ["big"], "targets": ["size.txt"], "actions": [size]}
"""


@pytest.fixture
def big(project: Project) -> Path:
    """An input of some gigabytes, all of them zeros."""
    path = project.folder / "big"
    path.touch()
    os.truncate(path, GIGABYTES)
    return path


@pytest.mark.parametrize("size", [0, 100, GIGABYTES // 2, GIGABYTES + 100])
def test_an_input_cut_off_or_added_to_while_it_is_hashed_is_taken_as_it_became(
    project: Project, big: Path, size: int
) -> None:
    project.dodo(COPY)
    run = project.start()
    wait_until(lambda: _is_open(big, run))
    os.truncate(big, size)
    out, err = run.communicate(timeout=DEADLINE_SECONDS)
    assert (run.returncode, err) == (0, ""), out
    assert project.read("size.txt") == str(size)
    assert "1 up to date" in project.doit()
    assert sorted(os.listdir(project.folder)) == sorted(
        [".datamake", "__pycache__", "big", "dodo.py", "pyproject.toml", "size.txt"]
    )


def test_a_signal_while_it_is_hashed_leaves_no_process(project: Project, big: Path) -> None:
    project.dodo(COPY)
    run = project.start()
    wait_until(lambda: _is_open(big, run))
    below = psutil.Process(run.pid).children(recursive=True)
    run.terminate()
    _, err = run.communicate(timeout=DEADLINE_SECONDS)
    assert (run.returncode, err) == (
        143,
        "stopped by SIGTERM: type the same command again to go on\n",
    )
    assert not any(child.is_running() for child in below)


def test_an_action_in_a_worker_hashes_by_all_cores_as_well(project: Project, big: Path) -> None:
    """Threads of a library are not there in a forked process, which would wait for them."""
    project.dodo(
        """
        def digest(targets):
            from blake3 import blake3
            hasher = blake3(bytes(1 << 24), max_threads=blake3.AUTO)
            pathlib.Path(targets[0]).write_text(hasher.hexdigest())

        def task_digest():
            return {"file_dep": ["big"], "targets": ["digest.txt"], "actions": [digest],
                    "meta": {"datamake": {"timeout": 20}}}
        """
    )
    os.truncate(big, 1 << 27)
    project.doit("-n", "2")


def _is_open(path: Path, run: subprocess.Popen[str]) -> bool:
    """Whether a run, or what it started, has a file open."""
    return any(os.path.samefile(path, held) for held in _open_files(run))


def _open_files(run: subprocess.Popen[str]) -> Iterator[str]:
    with suppress(psutil.Error):
        process = psutil.Process(run.pid)
        for each in (process, *process.children()):
            yield from (held.path for held in each.open_files() if os.path.exists(held.path))
