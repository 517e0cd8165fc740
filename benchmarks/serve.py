"""The page: what a build costs while somebody looks on, and how soon a change is seen."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks import peers
from benchmarks.measure import environment, row, workplace
from benchmarks.shapes import TINY, configure

TITLE = "The page"
SHOWS = (
    "A build from nothing of N tiny Python tasks, with a page that follows it (`doit serve`, one"
    " open stream of events) and without any server, in turn. `cpu` is what the build itself used,"
    " and the server meanwhile."
)
PAIRS = 5
CHANGES = 20
DEADLINE_SECONDS = 600.0

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
    """What a build took in seconds, by the clock and of processors, and what it printed.

    `server_cpu` are the processor seconds that a server took meanwhile.
    """

    seconds: float
    cpu: float
    printed: str = ""
    server_cpu: float = 0.0


@dataclass
class Page:
    """A server with one listener: when it was told what of which stage."""

    address: str
    process: psutil.Process
    heard: list[tuple[float, str, str]] = field(default_factory=list)
    events: int = 0

    def cpu(self) -> float:
        """Return the processor seconds of the server, with those that it waited for."""
        times = self.process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)


def measure(full: bool) -> Iterator[str]:
    """Yield the tables of builds with and without a page, and how soon changes are seen."""
    for count in (10_000, 100_000) if full else (10_000,):
        yield of_count(count, PAIRS if count <= 10_000 else 3)
    yield of_changes()


def of_count(count: int, pairs: int) -> str:
    """Return a table of builds of so many tasks."""
    taken: dict[str, list[Build]] = {"with a page": [], "without": []}
    events = 0
    with workplace() as place:
        project(place, TINY.format(count=count))
        for number in range(pairs + 1):
            for name, builds in taken.items():
                clear(place)
                with served(place, count) if name == "with a page" else nullcontext() as page:
                    before = page.cpu() if page else 0.0
                    found = built(place)
                    used = page.cpu() - before if page else 0.0
                    events = page.events if page else events
                if number:
                    builds.append(Build(found.seconds, found.cpu, "", used))
    lines = [row(["build", "median", "min – max", "cpu", "cpu of the server"])]
    lines.append(row(["---", "---:", "---:", "---:", "---:"]))
    lines += [_line(name, builds) for name, builds in taken.items()]
    pairs_of = list(zip(taken["with a page"], taken["without"], strict=True))
    clock = statistics.median(w.seconds / o.seconds for w, o in pairs_of)
    cpu = statistics.median(w.cpu / o.cpu for w, o in pairs_of)
    said = (
        f"{pairs} pairs. With a page / without, the median of pairs: {clock:.3f} by the clock,"
        f" {cpu:.3f} in processor time of the build; {events} events were told in the last one."
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
    with workplace() as place:
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


# Projects and builds ---------------------------------------------------------------------


def project(place: Path, dodo: str) -> None:
    """Write a project."""
    (place / "dodo.py").write_text(dodo)
    configure(place)


def clear(place: Path) -> None:
    """Remove all that was built."""
    shutil.rmtree(place / "out", ignore_errors=True)
    shutil.rmtree(place / ".datamake", ignore_errors=True)
    (place / "out").mkdir()


def built(place: Path) -> Build:
    """Build a project; return what it took, and what it printed."""
    started = time.perf_counter()
    with subprocess.Popen(
        [*peers.DOIT], cwd=place, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, peers.DOIT)
    return Build(seconds, used.ru_utime + used.ru_stime, printed)


# Looking on ------------------------------------------------------------------------------


@contextmanager
def served(place: Path, count: int) -> Iterator[Page]:
    """Serve a project that was judged once, with one page open, for the time of a block."""
    process = subprocess.Popen(
        [*peers.DOIT, "serve", "--port=0"],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        page = Page(process.stdout.readline().strip(), psutil.Process(process.pid))
        _wait_for(page, count)
        stream = _events(page)
        reader = threading.Thread(target=_listen, args=(stream, page), daemon=True)
        reader.start()
        _wait_for(page, count)
        yield page
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    reader.join()


def _wait_for(page: Page, count: int) -> None:
    """Return when so many stages were judged, and nothing is being judged any more."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        connection = _connected(page)
        connection.request("GET", "/api/graph")
        found = json.loads(connection.getresponse().read())
        connection.close()
        if found["total"] == count and not found["refreshing"]:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{count} stages were not judged within {DEADLINE_SECONDS:g} s")


def _connected(page: Page) -> HTTPConnection:
    place = urlsplit(page.address)
    return HTTPConnection(str(place.hostname), place.port, timeout=DEADLINE_SECONDS)


def _events(page: Page) -> HTTPResponse:
    connection = _connected(page)
    connection.request("GET", "/api/events")
    return connection.getresponse()


def _listen(stream: HTTPResponse, page: Page) -> None:
    name = ""
    for raw in stream:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
            page.events += 1
        elif line.startswith("data: ") and name == "state":
            now = time.time()
            stages = json.loads(line[6:])["stages"]
            page.heard += [(now, stage, of["state"]) for stage, of in stages.items()]
