"""Nothing to do: how long it takes to say so of N tasks, in several shapes, and of one of N."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers, shapes
from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.prepare import build, run
from benchmarks.shapes import SHAPES, Shape

TITLE = "Nothing to do"
SHOWS = (
    "How long it takes to say that all is up to date, where every task has been built before;"
    " `make -rR -s` reads explicit rules without its built-in ones, whose search grows with the"
    " square of N."
)
# make with its built-in rules is measured up to here.
MOST_FOR_PLAIN_MAKE = 1_000
# A first build by ninja starts a process for each task.
MOST_FOR_NINJA = 10_000


def measure(full: bool) -> Iterator[str]:
    """Yield a table for each shape and size."""
    for count in (1_000, 10_000, 100_000) if full else (1_000, 10_000):
        for shape in SHAPES:
            yield of_shape(shape, count)
        yield of_one(count)


def of_shape(shape: Shape, count: int) -> str:
    """Return the table for a project of a shape."""
    with workplace() as place:
        jobs = _jobs(place, shape, count)
        return f"### {shape.name}, N = {count:,}\n\n{_table(jobs, count)}"


def of_one(count: int) -> str:
    """Return the table for the selection of one task of many."""
    with workplace() as place:
        jobs = _jobs(place, SHAPES[0], count, selected=count // 2)
        return f"### One task of N, N = {count:,}\n\n{_table(jobs, count)}"


def _table(jobs: dict[str, Job], count: int) -> str:
    runs = 7 if count <= 1_000 else 3
    return f"{table(measured_in_turn(jobs, runs), 'plain doit', 'make -rR -s')}\n\n{runs} runs."


def _jobs(place: Path, shape: Shape, count: int, selected: int | None = None) -> dict[str, Job]:
    """Write and build the project for each peer; return what is to be measured."""
    task = [] if selected is None else [f"copy:{selected}"]
    target = [] if selected is None else [f"out/{selected}"]
    jobs = {"datamake": _with_doit(place / "datamake", shape, count, task, with_datamake=True)}
    jobs["plain doit"] = _with_doit(place / "plain", shape, count, task, with_datamake=False)
    make, ninja = peers.make(), peers.ninja()
    if make is not None:
        folder = place / "make"
        shapes.write_makefile(folder, shape, count)
        jobs["make -rR -s"] = Job([make, "-rR", "-s", *target], str(folder))
        if count <= MOST_FOR_PLAIN_MAKE:
            jobs["make -s"] = Job([make, "-s", *target], str(folder))
    if ninja is not None and count <= MOST_FOR_NINJA:
        folder = place / "ninja"
        shapes.write_ninja(folder, shape, count)
        run([ninja, "--quiet"], folder)
        jobs["ninja"] = Job([ninja, "--quiet", *target], str(folder))
    return jobs


def _with_doit(
    folder: Path, shape: Shape, count: int, task: list[str], *, with_datamake: bool
) -> Job:
    shapes.write_dodo(folder, shape, count)
    if with_datamake:
        shapes.configure(folder)
        build(folder, shape, count)
    else:
        run(peers.DOIT, folder)
    return Job([*peers.DOIT, *task], str(folder))
