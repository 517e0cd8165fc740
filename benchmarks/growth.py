"""How time and memory grow: with the number of tasks, and with what the store remembers."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import building, peers, shapes
from benchmarks.measure import Job, measured, memory, row, workplace
from benchmarks.prepare import build, run
from benchmarks.shapes import ROOT, SHAPES

TITLE = "Growth"
SHOWS = (
    "A line as steep as the dotted one means twice the time, or the memory, for twice as much. Less"
    " memory than the suite itself had can't be told: it is `<` in the table, and drawn as that."
)
PICTURE = "docs/growth.png"
RUNS = 3


@dataclass(frozen=True)
class Point:
    """What a run of datamake took: the median of seconds, and peak memory in bytes."""

    count: int
    seconds: float
    peak_bytes: int


def measure(full: bool) -> Iterator[str]:
    """Yield a table of all that was measured; draw it into the picture."""
    counts = [1_000, 3_000, 10_000] + ([30_000, 100_000] if full else [])
    # The largest last: writing its project makes this process large.
    lines = {
        "build of N tasks from nothing": _builds(counts),
        "one task, N past runs in the store": _histories("runs", [*counts, 30_000, 100_000]),
        "one task, N others that are gone": _histories("stages", [*counts, 30_000, 100_000]),
        "nothing to do, N tasks": _nothing_to_do([*counts, 1_000_000] if full else counts),
    }
    from benchmarks.picture import draw

    draw(lines, ROOT / PICTURE)
    yield f"![Time and memory against N]({os.path.basename(PICTURE)})\n\n{_table(lines)}"


def _table(lines: dict[str, list[Point]]) -> str:
    rows = [row(["", "N", "median", "peak memory"]), row(["---", "---:", "---:", "---:"])]
    for name, points in lines.items():
        rows += [
            row([name, f"{p.count:,}", f"{p.seconds:.3f} s", memory(p.peak_bytes)]) for p in points
        ]
    return "\n".join([*rows, f"\n{RUNS} runs each, one of builds of more than 10,000 tasks."])


def _nothing_to_do(counts: Sequence[int]) -> list[Point]:
    points = []
    for count in counts:
        with workplace() as place:
            folder = place / "project"
            shapes.write_dodo(folder, SHAPES[0], count)
            shapes.configure(folder)
            build(folder, SHAPES[0], count)
            points.append(_point(count, Job(peers.DOIT, str(folder))))
    return points


def _builds(counts: Sequence[int]) -> list[Point]:
    points = []
    for count in counts:
        with workplace() as place:
            job = building.jobs(place, count)["datamake"]
            points.append(_point(count, job, RUNS if count <= 10_000 else 1))
    return points


def _histories(past: str, counts: Sequence[int]) -> list[Point]:
    points = []
    for count in sorted(set(counts)):
        with workplace() as place:
            folder = place / "project"
            shapes.write_dodo(folder, SHAPES[0], 1)
            shapes.configure(folder)
            run(peers.DOIT, folder)
            # In a process of its own: what this one imports, those that it starts begin with.
            call = f"from benchmarks import past; past.remember_{past}({str(folder)!r}, {count})"
            run([sys.executable, "-c", call], ROOT)
            run(peers.DOIT, folder)
            points.append(_point(count, Job(peers.DOIT, str(folder))))
    return points


def _point(count: int, job: Job, runs: int = RUNS) -> Point:
    taken = []
    for _ in range(runs):
        job.prepare()
        taken.append(measured(job))
    seconds = statistics.median(seconds for seconds, _ in taken)
    return Point(count, seconds, max(peak for _, peak in taken))
