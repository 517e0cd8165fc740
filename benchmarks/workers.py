"""Workers: what a second core gives to two stages that do nothing but compute."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.shapes import configure

TITLE = "Workers"
SHOWS = (
    "Two stages that compute for some seconds each, one after the other and with `-n 2`, and the"
    " same computations without any build tool: what the machine itself gives."
)
RUNS = 5
COMPUTE = """
def compute():
    total = 0
    for number in range(60_000_000):
        total += number * number % 7
    return total
"""
DODO = """
def write(targets):
    with open(targets[0], "w") as file:
        file.write(str(compute()))

def task_compute():
    for number in range(2):
        yield {"name": number, "targets": [f"out/{number}"], "actions": [write]}
"""
TOGETHER = """
from multiprocessing import Process

if __name__ == "__main__":
    both = [Process(target=compute) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
"""
IN_TURN = """
compute()
compute()
"""


def measure(full: bool) -> Iterator[str]:
    """Yield a table of both, with and without workers."""
    with workplace() as place:
        taken = measured_in_turn(_jobs(place), RUNS)
    pairs = (("datamake -n 2", "datamake"), ("two processes", "one process"))
    ours, machine = (1 / taken[fast].ratio(taken[slow]) for fast, slow in pairs)
    said = (
        f"{RUNS} runs. With two workers the stages are done {ours:.2f} times as fast; two"
        f" processes without a build tool, {machine:.2f} times."
    )
    yield f"{table(taken, 'datamake', 'one process')}\n\n{said}"


def _jobs(place: Path) -> dict[str, Job]:
    (place / "dodo.py").write_text(COMPUTE + DODO)
    configure(place)
    (place / "together.py").write_text(COMPUTE + TOGETHER)
    (place / "in_turn.py").write_text(COMPUTE + IN_TURN)

    def prepare() -> None:
        shutil.rmtree(place / "out", ignore_errors=True)
        shutil.rmtree(place / ".datamake", ignore_errors=True)
        (place / "out").mkdir()

    return {
        "datamake": Job(peers.DOIT, str(place), prepare),
        "datamake -n 2": Job([*peers.DOIT, "-n", "2"], str(place), prepare),
        "one process": Job([sys.executable, "in_turn.py"], str(place)),
        "two processes": Job([sys.executable, "together.py"], str(place)),
    }
