"""The page: what a build costs while somebody looks on, and how soon a change is seen."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import LONG, environment, move_aside, row, workplace
from benchmarks.onlooker import served
from benchmarks.shapes import TINY, configure

TITLE = "The page"
SHOWS = (
    "A build from nothing of N tiny Python tasks, with a page that follows it (`doit serve`, one"
    " open stream of events) and without any server, in turn. `cpu` is what the build itself used,"
    " and the server meanwhile."
)
PAIRS = 5
PAIRS_OF_LONG = 2
CHANGES = 20
MOST_LINES = 10 * CHANGES

CHANGING = """
import time

def work(targets, number):
    print(f"{{time.time()}} write:{{number}}", flush=True)
    time.sleep(0.7)
    with open(targets[0], "w") as file:
        file.write("made")
    print(f"{{time.time()}} write:{{number}}", flush=True)

def task_write():
    for number in range({count}):
        yield {{"name": number, "targets": [f"out/{{number}}"], "verbosity": 2,
               "actions": [(work, [], {{"number": number}})]}}
"""


@dataclass(frozen=True)
class Build:
    """What a build took in seconds, by the clock and of processors, and the end of what it printed.

    `server_cpu` are the processor seconds that a server took meanwhile.
    """

    seconds: float
    cpu: float
    printed: str = ""
    server_cpu: float = 0.0


def measure(full: bool) -> Iterator[str]:
    """Yield the tables of builds with and without a page, and how soon changes are seen."""
    for count in (10_000, 100_000) if full else (10_000,):
        yield of_count(count, PAIRS_OF_LONG if count >= LONG else PAIRS)
    yield of_changes()


def of_count(count: int, pairs: int) -> str:
    """Return a table of builds of so many tasks."""
    taken: dict[str, list[Build]] = {"with a page": [], "without": []}
    events = 0
    with workplace() as work:
        place = work / "project"
        project(place, TINY.format(count=count))
        for number in range(0 if count >= LONG else -1, pairs):
            for name, builds in taken.items():
                clear(place)
                with served(place, count) if name == "with a page" else nullcontext() as page:
                    before = page.cpu() if page else 0.0
                    found = built(place)
                    used = page.cpu() - before if page else 0.0
                    events = page.events if page else events
                if number >= 0:
                    builds.append(Build(found.seconds, found.cpu, "", used))
    lines = [row(["build", "median", "min – max", "cpu", "cpu of the server"])]
    lines.append(row(["---", "---:", "---:", "---:", "---:"]))
    lines += [_line(name, builds) for name, builds in taken.items()]
    pairs_of = list(zip(taken["with a page"], taken["without"], strict=True))
    clock = statistics.median(w.seconds / o.seconds for w, o in pairs_of)
    cpu = statistics.median(w.cpu / o.cpu for w, o in pairs_of)
    warmed = ", without a warm-up" if count >= LONG else ""
    said = (
        f"{pairs} pairs{warmed}. With a page / without, the median of pairs: {clock:.3f} by the"
        f" clock, {cpu:.3f} in processor time of the build; {events} events were told in the last"
        " one."
    )
    table = "\n".join(lines)
    return f"### {count:,} tasks\n\n{table}\n\n{said}"


def _line(name: str, builds: list[Build]) -> str:
    clock = [one.seconds for one in builds]
    cpu = statistics.median(one.cpu for one in builds)
    server = statistics.median(one.server_cpu for one in builds)
    ends = f"{min(clock):.2f} – {max(clock):.2f} s"
    return row([name, f"{statistics.median(clock):.2f} s", ends, f"{cpu:.2f} s", f"{server:.2f} s"])


def of_changes() -> str:
    """Return how soon a page is told that a stage began and ended."""
    with workplace() as work:
        place = work / "project"
        project(place, CHANGING.format(count=CHANGES))
        clear(place)
        with served(place, CHANGES) as page:
            printed = built(place).printed
            time.sleep(2)
            heard = list(page.heard)
    begins, ends = _marks(printed)
    lags: dict[str, list[float]] = {"it runs": [], "it is up to date": []}
    for moment, stage, state in heard:
        if state == "running" and stage in begins:
            lags["it runs"].append(moment - begins.pop(stage))
        elif state == "up to date" and stage in ends:
            lags["it is up to date"].append(moment - ends.pop(stage))
    lines = [row(["the page is told that", "changes", "median", "longest"])]
    lines.append(row(["---", "---:", "---:", "---:"]))
    for name, found in lags.items():
        middle, most = statistics.median(found), max(found)
        lines.append(row([name, str(len(found)), f"{middle:.2f} s", f"{most:.2f} s"]))
    table = "\n".join(lines)
    return f"### Until a change is seen\n\n{table}\n\nOf {CHANGES} stages of 0.7 s each."


def _marks(printed: str) -> tuple[dict[str, float], dict[str, float]]:
    begins: dict[str, float] = {}
    ends: dict[str, float] = {}
    for line in printed.splitlines():
        first, _, stage = line.partition(" ")
        if stage.startswith("write:"):
            (ends if stage in begins else begins)[stage] = float(first)
    return begins, ends


def project(place: Path, dodo: str) -> None:
    """Write a project into a folder that it makes."""
    place.mkdir()
    (place / "dodo.py").write_text(dodo)
    configure(place)


def clear(place: Path) -> None:
    """Have nothing be built."""
    move_aside(place, "out", ".datamake")
    (place / "out").mkdir()


def built(place: Path) -> Build:
    """Build a project; return what it took, and the end of what it printed."""
    started = time.perf_counter()
    with subprocess.Popen(
        [*peers.DOIT], cwd=place, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = "".join(deque(process.stdout, maxlen=MOST_LINES))
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, peers.DOIT)
    return Build(seconds, used.ru_utime + used.ru_stime, printed)
