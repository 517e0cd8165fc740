"""What a tiny stage costs beside its action, counted and not timed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable

import pytest

from tests.e2e.conftest import Project

DODO = """
    import atexit, collections, json
    from datamake import database, patience

    counts = collections.Counter()
    sys.addaudithook(lambda event, arguments: counts.update([event]))

    def counted(name, call):
        def counting(*arguments, **named):
            counts[name] += 1
            return call(*arguments, **named)
        return counting

    patience.PatientConnection.execute = counted("sql", patience.PatientConnection.execute)
    patience.PatientConnection.executemany = counted("sql", patience.PatientConnection.executemany)
    os.stat, os.lstat = counted("stat", os.stat), counted("stat", os.lstat)
    atexit.register(lambda: pathlib.Path("counts.json").write_text(json.dumps(counts)))

    def copy(dependencies, targets):
        with open(dependencies[0]) as read, open(targets[0], "w") as write:
            write.write(read.read())

    def task_copy():
        for number in range(int(os.environ["STAGES"])):
            yield {"name": str(number), "file_dep": [f"in/{number}.txt"],
                   "targets": [f"out/{number}.txt"], "actions": [copy]}
"""

FEW, MANY = 50, 150

# Plain stages, built for the first time: what may be done for each of them.
MOST_FIRST = {"sql": 10.5, "stat": 24, "open": 5, "os.mkdir": 0.1, "os.rmdir": 0.1, "os.listdir": 2}
# The same by workers: what this process does for each of them.
MOST_BY_WORKERS = {"sql": 10.5, "stat": 24, "open": 3, "os.listdir": 2}
# The same built again: what was there is held until the new content is recorded.
MOST_AGAIN = {
    "sql": 10.5, "stat": 36, "open": 4, "os.mkdir": 1.5, "os.rmdir": 1.5, "os.listdir": 2.5
}  # fmt: skip


def counts(project: Project, stages: int, *arguments: str) -> dict[str, int]:
    # A log whose name was taken in the same second would be opened twice.
    shutil.rmtree(project.folder / ".datamake" / "logs", ignore_errors=True)
    project.doit(*arguments, STAGES=str(stages))
    found: dict[str, int] = json.loads(project.read("counts.json"))
    return found


def counts_from_nothing(project: Project, stages: int, *arguments: str) -> dict[str, int]:
    for path in (project.folder / "out").glob("*"):
        path.unlink()
    (project.folder / ".datamake" / "store.sqlite").unlink(missing_ok=True)
    return counts(project, stages, *arguments)


def of_each(few: dict[str, int], many: dict[str, int], names: Iterable[str]) -> dict[str, float]:
    """Return how often each thing was done for a stage, by counts of few and of many stages."""
    return {name: (many.get(name, 0) - few.get(name, 0)) / (MANY - FEW) for name in names}


@pytest.fixture
def copies(project: Project) -> Project:
    for number in range(MANY):
        project.write(f"in/{number}.txt", f"{number}\n")
    project.dodo(DODO)
    return project


def test_a_tiny_stage_costs_few_calls(copies: Project) -> None:
    few, many = counts_from_nothing(copies, FEW), counts_from_nothing(copies, MANY)
    each = of_each(few, many, MOST_FIRST)
    assert all(each[name] <= MOST_FIRST[name] for name in each), each


def test_a_tiny_stage_that_is_built_by_workers_costs_few_calls(copies: Project) -> None:
    few = counts_from_nothing(copies, FEW, "-n", "2")
    many = counts_from_nothing(copies, MANY, "-n", "2")
    each = of_each(few, many, MOST_BY_WORKERS)
    assert all(each[name] <= MOST_BY_WORKERS[name] for name in each), each
    # A thread takes turns with this one at every call of the system.
    assert "_thread.start_new_thread" not in many


def test_a_tiny_stage_that_is_built_again_costs_few_calls(copies: Project) -> None:
    counts(copies, MANY)
    few, many = counts(copies, FEW, "-a"), counts(copies, MANY, "-a")
    each = of_each(few, many, MOST_AGAIN)
    assert all(each[name] <= MOST_AGAIN[name] for name in each), each


FOLDERS = """
    import atexit, collections, json
    from datamake import makers
    from datamake.commands import base

    counts = collections.Counter()

    def counted(name, call):
        def counting(*arguments):
            counts[name] += 1
            return call(*arguments)
        return counting

    makers.Makers.__init__ = counted("makers", makers.Makers.__init__)
    base.DatamakeCommand.tasks = property(counted("tasks", base.DatamakeCommand.tasks.fget))
    atexit.register(lambda: pathlib.Path("counts.json").write_text(json.dumps(counts)))

    def fill(targets):
        os.mkdir(targets[0])
        pathlib.Path(targets[0], "file").write_text("content")

    def task_fill():
        for number in range(int(os.environ["STAGES"])):
            yield {"name": str(number), "file_dep": ["dodo.py"], "actions": [fill],
                   "targets": [f"out/{number}/folder"]}
"""


@pytest.mark.parametrize(
    "arguments",
    ["-a", "run --dry-run", "list -s", "graph", "reset-dep", "forget", "clean -n", "clean -a"],
)
def test_all_tasks_are_gone_through_as_often_whatever_their_number(
    project: Project, arguments: str
) -> None:
    project.dodo(FOLDERS)
    counts(project, MANY)
    few, many = (counts(project, stages, *arguments.split()) for stages in (FEW, MANY))
    assert [few.get(name, 0) for name in ("makers", "tasks")] == [
        many.get(name, 0) for name in ("makers", "tasks")
    ]
