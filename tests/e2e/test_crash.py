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
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project

KILLS = int(os.environ.get("DATAMAKE_KILLS", "50"))
PARTS = 5

# What `make` writes, by other programs than Python.
SCRIPT = """
    name=$1 out=$2; shift 2
    digest() { sha256sum | cut -c -64; }
    line=$(printf %s%s "$name" "$(head -qc 64 "$@")" | digest)
    for part in 1 2 3 4; do
        yes "$line" | head -n 500; sleep 0.002
    done > "$out"
    whole=$(digest < "$out"); printf %s "$whole" >> "$out"
"""

DODO = f"""
    import hashlib, subprocess

    def begin(dependencies, name):
        note(f"begin:{{name}}")
        paths = [p for d in dependencies for p in sorted(pathlib.Path(d).glob("*")) or [d]]
        seed = "".join(pathlib.Path(path).read_text()[:64] for path in paths)
        return (hashlib.sha256(f"{{name}}{{seed}}".encode()).hexdigest() + "\\n") * 2000

    def write(path, body):
        with open(path, "w") as file:
            for start in range(0, len(body), 20_000):
                file.write(body[start : start + 20_000])
                file.flush()
                time.sleep(0.002)  # half-written for a while
            file.write(hashlib.sha256(body.encode()).hexdigest())

    def make(name, dependencies, targets):
        body = begin(dependencies, name)
        for target in targets:
            write(target, body)
        note(f"end:{{name}}")

    def make_by_child(name, dependencies, targets):
        note(f"begin:{{name}}")
        subprocess.run(["sh", "write.sh", name, *targets, *dependencies], check=True)
        note(f"end:{{name}}")

    def make_folder(name, dependencies, targets):
        body = begin(dependencies, name)
        os.mkdir(targets[0])
        for number in range({PARTS}):
            write(os.path.join(targets[0], str(number)), body)
        note(f"end:{{name}}")

    def make_by_name(name, dependencies):
        body = begin(dependencies, name)
        write("out/by_name", body * 3)
        note(f"end:{{name}}")

    def stage(name, file_dep, targets, action=make):
        return {{"name": name, "file_dep": file_dep, "targets": targets,
                "actions": [(action, [name])]}}

    def stage_of_words(name, file_dep, target):
        words = ["sh", "write.sh", name, target, *file_dep]
        return {{"name": name, "file_dep": file_dep, "targets": [target],
                "actions": [(note, [f"begin:{{name}}"]), words, (note, [f"end:{{name}}"])]}}

    def task_make():
        yield stage("one", ["raw.txt"], ["out/one"])
        yield stage_of_words("two", ["raw.txt"], "out/two")
        yield stage("pair", ["out/one"], ["out/left", "out/right"])
        yield stage("folder", ["out/two"], ["out/folder"], make_folder)
        yield stage("by_name", ["out/one"], ["out/by_name"], make_by_name)
        yield stage("three", ["out/left", "out/right"], ["out/three"], make_by_child)
        yield stage("four", ["out/folder"], ["out/four"])
        yield stage("last", ["out/by_name", "out/three", "out/four"], ["out/last"])
"""

STAGES = ("one", "two", "pair", "folder", "by_name", "three", "four", "last")
BY_CHILD = ("two", "three")
STAGED = ("one", "two", "left", "right", "three", "four", "last")


def is_whole(text: str) -> bool:
    """Whether a file ends with the digest of all before it."""
    body, digest = text[:-64], text[-64:]
    return hashlib.sha256(body.encode()).hexdigest() == digest


def expected(raw: str) -> dict[str, str]:
    """Return the first line of each target, for what is in raw.txt."""

    def line(name: str, *seeds: str) -> str:
        return hashlib.sha256(f"{name}{''.join(seeds)}".encode()).hexdigest()

    one, two = line("one", raw), line("two", raw)
    pair, folder, by_name = line("pair", one), line("folder", two), line("by_name", one)
    three, four = line("three", pair, pair), line("four", *[folder] * PARTS)
    made = {"one": one, "two": two, "left": pair, "right": pair, "by_name": by_name}
    made |= {f"folder/{number}": folder for number in range(PARTS)}
    return made | {"three": three, "four": four, "last": line("last", by_name, three, four)}


# Watching --------------------------------------------------------------------------------


def read_folder(path: Path) -> dict[str, str] | None:
    """Return what is in a folder, None where it is not there, or was replaced meanwhile.

    The folder is held open: its files are those of one folder, whatever has its name by then.
    """
    texts: dict[str, str] = {}
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        names = os.listdir(held)
        for name in names:
            opened = os.open(name, os.O_RDONLY, dir_fd=held)
            with open(opened, encoding="utf-8") as file:
                texts[name] = file.read()
    except FileNotFoundError:
        texts["gone while it was read"] = ""
    finally:
        inode = os.fstat(held).st_ino
        try:
            is_there = os.stat(path).st_ino == inode
        except FileNotFoundError:
            is_there = False
        os.close(held)
    return texts if is_there else None


def broken_targets(out: Path) -> Iterator[str | None]:
    """Yield for each target that is there what is wrong with it, or None.

    What an action writes under the target's own name is left out.
    """
    for name in STAGED:
        try:
            text = (out / name).read_text()
        except FileNotFoundError:
            continue
        yield None if is_whole(text) else f"{name}: {len(text)} characters"
    texts = read_folder(out / "folder")
    if texts is not None:
        names, parts = sorted(texts), set(texts.values())
        whole = len(names) == PARTS and len(parts) == 1 and all(map(is_whole, parts))
        yield None if whole else f"folder: {names}, of {len(parts)} kinds"


def watch(out: Path, stop: Event, seen: multiprocessing.Queue[tuple[int, list[str]]]) -> None:
    """Read every target over and over; report how often, and which were not whole."""
    count, broken = 0, []
    while not stop.is_set():
        for found in broken_targets(out):
            count += 1
            if found is not None:
                broken.append(found)
    seen.put((count, broken))


class Watcher:
    """A process that reads every target over and over, until its result is asked for."""

    def __init__(self, out: Path) -> None:
        context = multiprocessing.get_context("fork")
        self._stop, self._seen = context.Event(), context.Queue()
        self._process = context.Process(target=watch, args=(out, self._stop, self._seen))
        self._process.start()

    def result(self) -> tuple[int, list[str]]:
        """End; return how many targets were read, and what was wrong with any."""
        self._stop.set()
        found: tuple[int, list[str]] = self._seen.get(timeout=DEADLINE_SECONDS)
        self._process.join()
        return found

    def close(self) -> None:
        """End, whatever has been read."""
        self._process.kill()
        self._process.join()


@pytest.fixture
def watcher(project: Project) -> Iterator[Watcher]:
    watcher = Watcher(project.folder / "out")
    yield watcher
    watcher.close()


# Killing ---------------------------------------------------------------------------------


# The note of any stage that begins. Some kills are behind that of a stage which writes under its
# target's own name, or in a child.
FIRST = "begin:"
AIMS = {1: "by_name", 5: "three"}


@dataclass
class Pace:
    """How many seconds doit took last, on a machine that others use, until it began its first
    stage, and for each stage that it built.
    """

    to_begin: float = 1.0
    a_stage: float = 0.1


@dataclass
class Told:
    """What a run told: whether it was killed, and alone; its stages that began, and those it says
    it built.
    """

    killed: bool
    alone: bool
    begun: list[str]
    ended: list[str]
    built: set[str]


def is_noted(project: Project, text: str) -> bool:
    """Whether the actions of the run that goes on have noted something."""
    return project.exists("ran.log") and text in project.read("ran.log")


@dataclass
class Kill:
    """When doit is to be killed, seconds behind a note or, without one, behind its start; and
    whether what it started lives on.
    """

    after: float = DEADLINE_SECONDS
    behind: str = ""
    alone: bool = False


def run(project: Project, pace: Pace, kill: Kill, *arguments: str) -> Told:
    """Type doit and kill -9 it, with all that it started or alone."""
    started = time.monotonic()
    process = project.start(*arguments, PYTHONUNBUFFERED="1")
    while kill.behind and not is_noted(project, kill.behind) and process.poll() is None:
        assert time.monotonic() - started < DEADLINE_SECONDS
        time.sleep(0.002)
    first = time.monotonic()
    try:
        out, err = process.communicate(timeout=kill.after)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):  # it has ended by itself just now
            (os.kill if kill.alone else os.killpg)(process.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
    killed = process.returncode == -signal.SIGKILL
    assert killed or process.returncode == 0, (out, err)
    words = [word.partition(":") for word in project.ran()]
    lines = [line.split() for line in out.splitlines() if line.startswith("built ")]
    told = Told(
        killed,
        killed and kill.alone,
        [name for what, _, name in words if what == "begin"],
        [name for what, _, name in words if what == "end"],
        {line[1].partition(":")[2] for line in lines},
    )
    if kill.behind == FIRST and told.begun:
        pace.to_begin = first - started
        if not killed:
            pace.a_stage = (time.monotonic() - first) / len(told.begun)
    return told


@dataclass
class Story:
    """What was built of the present raw.txt by runs that were killed, and counts of it all."""

    raw: str = "0" * 64
    recorded: set[str] = field(default_factory=set)
    kills: int = 0
    alone: int = 0
    left: int = 0
    begun: int = 0
    unfinished: int = 0
    half_written: int = 0

    def add(self, told: Told) -> None:
        """Take in a run, which must not have begun again what was recorded."""
        again = self.recorded & set(told.begun)
        assert not again, f"ran again although recorded: {again}"
        self.recorded |= told.built
        if told.killed:
            self.kills += 1
            self.alone += told.alone
            self.left += told.alone and bool({*BY_CHILD} & {*told.begun} - {*told.ended})
            self.begun += len(told.begun)
            self.unfinished += len(told.begun) - len(told.ended)
            self.half_written += "by_name" in told.begun and "by_name" not in told.ended


def awaited(turn: int, story: Story) -> str:
    """Return behind which note a run is to be killed, "" for at any instant.

    Most kills come while stages are built, some at any instant, also before the first.
    """
    if turn % 4 == 0:
        return ""
    aim = AIMS.get(turn % 8, "")
    return FIRST if aim in story.recorded else FIRST + aim


def longest(behind: str, story: Story, pace: Pace) -> float:
    """Return how many seconds there are to kill a run in, at the present pace."""
    if behind not in ("", FIRST):
        return pace.a_stage
    left = pace.a_stage * (len(STAGES) - len(story.recorded))
    return left if behind else pace.to_begin + left


def assert_all_is_right(project: Project, raw: str) -> None:
    """Every target, however it was written, is whole and made of what is in raw.txt now."""
    first_lines = {}
    for path in (project.folder / "out").rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert is_whole(text), path
            first_lines[str(path.relative_to(project.folder / "out"))] = text[:64]
    assert first_lines == expected(raw)


def test_kills_at_random_instants_lose_nothing(
    project: Project, watcher: Watcher, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(os.environ.get("DATAMAKE_SEED", "20261122"))
    story, pace = Story(), Pace()
    project.dodo(DODO)
    project.write("raw.txt", story.raw)
    project.write("write.sh", SCRIPT)
    run(project, pace, Kill(behind=FIRST))
    for turn in range(1, 20 * KILLS):
        if story.kills >= KILLS:
            break
        if turn == 1 or len(story.recorded) == len(STAGES):
            story.raw, story.recorded = f"{turn:064}", set()
            project.write("raw.txt", story.raw)
        behind = awaited(turn, story)
        workers = ("-n", "2") if chance.random() < 1 / 4 else ()
        after = chance.uniform(0, longest(behind, story, pace))
        told = run(project, pace, Kill(after, behind, chance.random() < 1 / 2), *workers)
        story.add(told)
        if not told.killed:
            story.recorded = set(STAGES)
            assert_all_is_right(project, story.raw)
        elif "by_name" in told.begun and "by_name" not in told.ended:
            # Whatever the next run builds, it first puts back what was left half-written.
            story.add(run(project, pace, Kill(), "make:two"))
            assert is_whole(project.read("out/by_name"))
        with closing(sqlite3.connect(project.folder / ".datamake/store.sqlite")) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    project.doit()
    assert_all_is_right(project, story.raw)
    reads, broken = watcher.result()
    counts = f"{story.kills} kills ({story.alone} of doit alone, {story.left} that left a child),"
    counts += f" {story.begun} stages begun, {story.unfinished} not ended"
    counts += f" ({story.half_written} half-written by name)"
    record_property("counts", f"{counts}, {reads} targets read by the watcher")
    assert not broken
    assert reads > KILLS
    assert story.kills == KILLS
    assert KILLS // 10 <= story.alone <= KILLS - KILLS // 10
    assert story.left >= KILLS // 50
    assert story.begun >= KILLS / 2
    assert story.unfinished >= KILLS / 10
    assert story.half_written >= KILLS // 50
    assert not list(project.folder.rglob(".datamake-*"))
    assert "8 up to date" in project.doit().out
