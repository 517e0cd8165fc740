"""doit is killed at random instants, again and again: nothing finished is lost or half-made."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project

KILLS = int(os.environ.get("DATAMAKE_KILLS", "50"))
STAGES = 8

DODO = f"""
    import hashlib

    def make(number, dependencies, targets):
        note(f"begin {{number}}")
        seed = "".join(pathlib.Path(path).read_text()[:64] for path in dependencies)
        body = (hashlib.sha256(f"{{number}}{{seed}}".encode()).hexdigest() + "\\n") * 4000
        with open(targets[0], "w") as file:
            for start in range(0, len(body), 20_000):
                file.write(body[start : start + 20_000])
                file.flush()
            file.write(hashlib.sha256(body.encode()).hexdigest())
        note(f"end {{number}}")

    def task_make():
        for number in range({STAGES}):
            upstream = ["raw.txt"] if number < 2 else [f"out/{{number - 2}}.txt"]
            yield {{
                "name": str(number),
                "file_dep": upstream,
                "targets": [f"out/{{number}}.txt"],
                "actions": [(make, [number])],
            }}
"""


def is_whole(text: str) -> bool:
    """Whether a target ends with the digest of all before it."""
    body, digest = text[:-64], text[-64:]
    return hashlib.sha256(body.encode()).hexdigest() == digest


def watch(folder: Path, stop: Event, seen: multiprocessing.Queue[tuple[int, list[str]]]) -> None:
    """Read every target over and over; report how often, and which were not whole."""
    count, broken = 0, []
    while not stop.is_set():
        for number in range(STAGES):
            try:
                text = (folder / f"out/{number}.txt").read_text()
            except FileNotFoundError:
                continue
            count += 1
            if not is_whole(text):
                broken.append(f"{number}: {len(text)} characters")
    seen.put((count, broken))


@pytest.fixture
def watcher(project: Project) -> Iterator[multiprocessing.Queue[tuple[int, list[str]]]]:
    context = multiprocessing.get_context("fork")
    stop, seen = context.Event(), context.Queue()
    process = context.Process(target=watch, args=(project.folder, stop, seen))
    process.start()

    class Seen:
        def result(self) -> tuple[int, list[str]]:
            stop.set()
            found: tuple[int, list[str]] = seen.get(timeout=DEADLINE_SECONDS)
            process.join()
            return found

    yield Seen()  # type: ignore[misc]
    stop.set()
    process.join()


def test_kills_at_random_instants_lose_nothing(
    project: Project,
    watcher: multiprocessing.Queue[tuple[int, list[str]]],
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(os.environ.get("DATAMAKE_SEED", "20261122"))
    project.write("raw.txt", "0")
    project.dodo(DODO)
    project.doit()
    project.ran()
    started = time.monotonic()
    project.doit("-a")
    project.ran()
    whole_run = time.monotonic() - started
    recorded: set[str] = set()
    kills = rebuilt = 0
    for turn in range(20 * KILLS):
        if kills >= KILLS:
            break
        if len(recorded) == STAGES:
            project.write("raw.txt", str(turn))
            recorded = set()
        said, killed = run_and_kill(project, chance.uniform(whole_run / 3, whole_run))
        kills += killed
        began = {word for word in project.ran() if word.isdigit()}
        assert not began & recorded, f"ran again although recorded: {began & recorded}"
        rebuilt += len(began)
        recorded |= {
            line.split()[1].partition(":")[2]
            for line in said.splitlines()
            if line.startswith("built ")
        }
        if not killed:
            recorded = {str(number) for number in range(STAGES)}
        with sqlite3.connect(project.folder / ".datamake/store.sqlite") as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    project.doit()
    reads, broken = watcher.result()  # type: ignore[attr-defined]
    counts = f"{kills} kills, {rebuilt} stages begun, {reads} targets read by the watcher"
    record_property("counts", counts)
    assert not broken
    assert reads > KILLS
    assert kills == KILLS
    assert not list(project.folder.rglob(".datamake-*"))
    assert "8 up to date" in project.doit().out


def run_and_kill(project: Project, after: float) -> tuple[str, bool]:
    """Run doit and kill -9 it after some seconds; return what it said, and if it was killed."""
    process = project.start(PYTHONUNBUFFERED="1")
    try:
        out, _ = process.communicate(timeout=after)
        killed = False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=DEADLINE_SECONDS)
        killed = process.returncode == -signal.SIGKILL
    return out, killed
