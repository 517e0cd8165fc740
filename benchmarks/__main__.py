"""`python -m benchmarks`: measures everything, and writes docs/benchmarks.md.

With names of subjects (`python -m benchmarks start nothing`) only those, and prints. FULL=1 in the
environment measures larger sizes, which takes hours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

from benchmarks import (
    audit,
    building,
    growth,
    hashing,
    nothing,
    peers,
    serve,
    squares,
    start,
    workers,
)
from benchmarks.shapes import ROOT

# In the order of the page. Another subject is a module with TITLE, SHOWS and `measure`.
SUBJECTS: dict[str, ModuleType] = {
    "start": start,
    "building": building,
    "workers": workers,
    "nothing": nothing,
    "audit": audit,
    "hashing": hashing,
    "serve": serve,
    "squares": squares,
    # Last: it draws, and the memory of this process is the least that can be told of another.
    "growth": growth,
}
PAGE = ROOT / "docs" / "benchmarks.md"

HEAD = """# Benchmarks

All commands of a table ran in turn in one run of the suite, after a warm-up each where nothing else
is said. A column `/ peer` has how many times as long the command took as the peer, the median of
pairs of runs: less than 1 is faster. Memory is the most that a command's process had (`wait4`).
"""


def main(names: list[str]) -> int:
    """Measure some subjects, or all and write the page; return the exit code."""
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        print(f"no subject {', '.join(unknown)}: there are {', '.join(SUBJECTS)}")
        return 2
    full = bool(os.environ.get("FULL"))
    sections = []
    for name in names or SUBJECTS:
        parts = list(_measured(name, full))
        sections.append("\n\n".join(parts))
    if not names:
        page = "\n\n".join([HEAD.strip(), _made(full), *sections])
        PAGE.write_text(f"{page}\n", encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


def _measured(name: str, full: bool) -> Iterator[str]:
    """Yield the parts of a subject's section, and print each as soon as it is there."""
    subject = SUBJECTS[name]
    started = time.monotonic()
    for part in (f"## {subject.TITLE}", subject.SHOWS):
        print(f"\n{part}", flush=True)
        yield part
    for part in subject.measure(full):
        print(f"\n{part}", flush=True)
        yield part
    print(f"\n({name} took {time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)


def _made(full: bool) -> str:
    command = "make bench FULL=1" if full else "make bench"
    versions = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    return (
        f"- command: `{command}`, {datetime.now(UTC):%Y-%m-%d}\n"
        f"- machine: {peers.machine()}\n"
        f"- versions: {versions}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
