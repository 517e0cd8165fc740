"""How fast it is decided that files are unchanged, against plain doit's checker.

`python -m benchmarks.hashing`; with FULL=1 of a file of 2 GiB and a folder of 100,000 files. All
is in the page cache. doit has no digest of a folder, so there it checks each file; what it saved
is handed to it, while datamake has to get it from its store.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Job, measured_in_turn, table
from benchmarks.timing import machine

ROOT = Path(__file__).parents[1]
FULL = bool(os.environ.get("FULL"))
MEGABYTES = 2048 if FULL else 256
FILES = 100_000 if FULL else 10_000
FILES_PER_FOLDER = 1_000
RUNS = 5


def main() -> None:
    """Print a table for a touched file, for a new folder and for an unchanged one."""
    with tempfile.TemporaryDirectory(dir=ROOT / "benchmarks") as place:
        _make_files(Path(place))
        print(machine())
        for title, what, prepare in (
            (f"A touched file of {MEGABYTES} MiB", "file", lambda: os.utime(Path(place, "file"))),
            (f"A folder of {FILES:,} new files", "new", lambda: _forget(place)),
            ("The same folder, unchanged since", "folder", lambda: None),
        ):
            jobs = {
                name: _job([peer, what], place, prepare)
                for name, peer in (("plain doit", "doit"), ("datamake", "datamake"))
            }
            print(f"\n## {title}, {RUNS} runs in turn\n")
            print(table(measured_in_turn(jobs, RUNS), "plain doit"))


def _make_files(place: Path) -> None:
    chosen = random.Random(1)
    with open(place / "file", "wb") as file:
        for _ in range(MEGABYTES):
            file.write(chosen.randbytes(1 << 20))
    for number in range(FILES):
        folder = place / "folder" / str(number // FILES_PER_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_bytes(chosen.randbytes(400))


def _job(words: list[str], place: str, prepare: Callable[[], None]) -> Job:
    # The project is found in this checkout, and the files in the folder it works in.
    run = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from benchmarks import hashing as h"
    return Job([sys.executable, "-c", f"{run}; h.check(*{words!r})"], place, prepare)


def _forget(place: str) -> None:
    for path in Path(place).glob("store.sqlite*"):
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


if __name__ == "__main__":
    main()
