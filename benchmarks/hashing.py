"""How fast it is decided that files are unchanged, against plain doit's checker.

All is in the page cache. doit has no digest of a folder, so there it checks each file; what it
saved is handed to it, while datamake has to get it from its store.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import Job, measured_in_turn, table, workplace
from benchmarks.shapes import ROOT

TITLE = "Deciding that files are unchanged"
SHOWS = (
    "A file that was touched has to be read again; of a folder, new files have to be read and known"
    " ones looked at. All is in the page cache."
)
FILES_PER_FOLDER = 1_000
RUNS = 5


def measure(full: bool) -> Iterator[str]:
    """Yield a table for a touched file, for a new folder and for an unchanged one."""
    megabytes, files = (2048, 100_000) if full else (256, 10_000)
    with workplace() as place:
        _make_files(place, megabytes, files)
        for title, what, prepare in (
            (f"A touched file of {megabytes} MiB", "file", lambda: os.utime(place / "file")),
            (f"A folder of {files:,} new files", "new", lambda: _forget(place)),
            ("The same folder, unchanged since", "folder", lambda: None),
        ):
            jobs = {
                name: _job([peer, what], place, prepare)
                for name, peer in (("plain doit", "doit"), ("datamake", "datamake"))
            }
            measured = table(measured_in_turn(jobs, RUNS), "plain doit")
            yield f"### {title}\n\n{measured}\n\n{RUNS} runs."


def _make_files(place: Path, megabytes: int, files: int) -> None:
    chosen = random.Random(1)
    with open(place / "file", "wb") as file:
        for _ in range(megabytes):
            file.write(chosen.randbytes(1 << 20))
    for number in range(files):
        folder = place / "folder" / str(number // FILES_PER_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_bytes(chosen.randbytes(400))


def _job(words: list[str], place: Path, prepare: Callable[[], None]) -> Job:
    # The project is found in this checkout, and the files in the folder it works in.
    run = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from benchmarks import hashing as h"
    return Job([sys.executable, "-c", f"{run}; h.check(*{words!r})"], str(place), prepare)


def _forget(place: Path) -> None:
    for path in place.glob("store.sqlite*"):
        path.unlink()


def check(peer: str, what: str) -> None:
    """Have a peer decide, in a process of its own, and print how many seconds that took."""
    path = "file" if what == "file" else "folder"
    seconds = _check_with_doit(path, what) if peer == "doit" else _check_with_datamake(path)
    print(seconds)


def _check_with_doit(path: str, what: str) -> float:
    from doit.dependency import MD5Checker

    checker, saved = MD5Checker(), Path(f"doit-{what}.json")
    states = json.loads(saved.read_text()) if saved.exists() else {}
    started = time.perf_counter()
    files = [path] if os.path.isfile(path) else _files_below(path)
    for file in files:
        if what == "new" or file not in states:
            states[file] = checker.get_state(file, None)
        else:
            assert not checker.check_modified(file, os.stat(file), states[file])
    seconds = time.perf_counter() - started
    if what != "new":
        saved.write_text(json.dumps(states))
    return seconds


def _files_below(path: str) -> list[str]:
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def _check_with_datamake(path: str) -> float:
    from datamake.disk import LocalDisk
    from datamake.store import Store

    started = time.perf_counter()
    store = Store.open("store.sqlite")
    assert LocalDisk(store).digest(path) is not None
    store.close()
    return time.perf_counter() - started
