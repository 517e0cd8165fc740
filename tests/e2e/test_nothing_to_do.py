"""What a run with nothing to do costs, as counts: of files, of statements, of modules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.looking import settle

DODO = """
    COUNT = 300

    def copy(dependencies, targets):
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def task_copy():
        for number in range(COUNT):
            yield {"name": number, "file_dep": [f"in/{number}.txt", "shared.txt"],
                   "targets": [f"out/{number}.txt"], "actions": [copy]}

    def task_again():
        for number in range(COUNT):
            yield {"basename": f"again-{number}", "file_dep": [f"out/{number}.txt"],
                   "targets": [f"again/{number}.txt"],
                   "actions": ["cp %(dependencies)s %(targets)s"]}
"""

# Runs doit, and writes what it asked of the store and which modules it imported.
DRIVER = """
import json, sys
import datamake.store_file as store_file

connect, statements = store_file.connect, []

def traced(*arguments, **options):
    connection, writable = connect(*arguments, **options)
    connection.set_trace_callback(statements.append)
    return connection, writable

import datamake.database
datamake.database.connect = traced
from doit.doit_cmd import DoitMain
code = DoitMain().run([])
with open("noted.json", "w") as file:
    json.dump({"statements": statements, "modules": sorted(sys.modules)}, file)
sys.exit(code)
"""


def files(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"in/{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """300 copies and their copies, all built. To be looked at only."""
    project = Project(tmp_path_factory.mktemp("built"))
    project.write("shared.txt", "shared")
    files(project.folder, 300)
    project.dodo(DODO)
    settle(project)
    assert "600 up to date" in project.doit()
    yield project


def python(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        words,
        cwd=project.folder,
        env=inherited,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def calls(project: Project, *kinds: str) -> Counter[tuple[str, str]]:
    """Count the system calls that an up-to-date run makes, by kind and path in the project."""
    log = project.folder / ".datamake" / "calls.txt"
    tracing = ["strace", "-f", "-qq", "-y", "-e", f"trace={','.join(kinds)}", "-o", str(log)]
    python(project, *tracing, sys.executable, "-m", "doit")
    found: Counter[tuple[str, str]] = Counter()
    for line in log.read_text().splitlines():
        call = re.match(r'\d+ +(\w+)\((?:AT_FDCWD(?:<[^>]*>)?, )?"([^"]*)"', line)
        if call is not None:
            path = os.path.relpath(os.path.join(project.folder, call[2]), project.folder)
            found[call[1], path] += 1
    log.unlink()
    return found


@pytest.mark.skipif(shutil.which("strace") is None, reason="calls are counted by strace")
def test_every_file_is_stated_once_and_none_is_opened(built: Project) -> None:
    kinds = ("stat", "newfstatat", "lstat", "statx", "access", "readlink", "open", "openat")
    looks = {call: times for call, times in calls(built, *kinds).items() if ".." not in call[1]}
    opened = {path for kind, path in looks if kind.startswith("open")}
    own = re.compile(r"\.|dodo\.py|pyproject\.toml|__pycache__(/.*)?|\.datamake/(failed|store\..*)")
    assert [path for path in sorted(opened) if not own.fullmatch(path)] == []
    names = [f"{folder}/{n}.txt" for folder in ("in", "out", "again") for n in range(300)]
    times: Counter[str] = Counter()
    for (_, path), count in looks.items():
        times[path] += count
    assert {name: times[name] for name in [*names, "shared.txt"] if times[name] != 1} == {}


def plain(statement: str) -> str:
    """A statement without the values in it, and without its choice of a few of many stages."""
    return re.sub(r"\d+| WHERE stage IN .*", "", statement)


def noted(project: Project) -> dict[str, list[str]]:
    python(project, sys.executable, "-c", DRIVER)
    found: dict[str, list[str]] = json.loads(project.read("noted.json"))
    (project.folder / "noted.json").unlink()
    return found


def test_the_store_is_asked_as_often_whatever_the_number_of_tasks(
    built: Project, project: Project
) -> None:
    project.write("shared.txt", "shared")
    files(project.folder, 3)
    project.dodo(DODO.replace("COUNT = 300", "COUNT = 3"))
    settle(project)
    few, many = noted(project)["statements"], noted(built)["statements"]
    assert [plain(text) for text in many] == [plain(text) for text in few]
    assert len(many) < 20


def test_what_builds_and_reads_code_is_not_imported(built: Project) -> None:
    modules = set(noted(built)["modules"])
    assert {"datamake.commands.run", "datamake.proving"} <= modules
    heavy = ("datamake.building", "datamake.execute", "datamake.code", "datamake.meaning")
    libraries = ("pandas", "numpy", "pyarrow", "matplotlib", "loky", "rich", "psutil", "asyncio")
    assert [name for name in (*heavy, *libraries) if name in modules] == []
