"""`python -m benchmarks`: measures everything, and writes docs/benchmarks.md.

With names of subjects (`python -m benchmarks start nothing`) only those. FULL=1 in the environment
measures larger sizes, which takes hours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
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

All commands of a table ran in turn in one run, after a warm-up each where nothing else is said. A
column `/ peer` has how many times as long the command took as the peer, the median of pairs of
runs: less than 1 is faster. Memory is the most that a command's process had (`wait4`). Machine and
versions are those of the last run.
"""


def main(names: list[str]) -> int:
    """Measure some subjects, or all, and put each into the page; return the exit code."""
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        print(f"no subject {', '.join(unknown)}: there are {', '.join(SUBJECTS)}")
        return 2
    full = bool(os.environ.get("FULL"))
    for name in names or SUBJECTS:
        put(name, list(_measured(name, full)))
        print(f"\nwritten: {PAGE.relative_to(ROOT)}")
    return 0


def _measured(name: str, full: bool) -> Iterator[str]:
    """Yield the parts of a subject's section, and print each as soon as it is there."""
    subject = SUBJECTS[name]
    started = time.monotonic()
    command = f"{'FULL=1 ' if full else ''}python -m benchmarks {name}"
    print(f"\n## {subject.TITLE}")
    for part in (subject.SHOWS, f"`{command}`, {datetime.now(UTC):%Y-%m-%d}:"):
        print(f"\n{part}", flush=True)
        yield part
    for part in subject.measure(full):
        print(f"\n{part}", flush=True)
        yield part
    print(f"\n({name} took {time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)


def put(name: str, parts: Sequence[str]) -> None:
    """Put a section into the page as soon as it was measured: the whole suite takes hours."""
    sections = _sections()
    sections[SUBJECTS[name].TITLE] = "\n\n".join(parts)
    order = [subject.TITLE for subject in SUBJECTS.values()]
    known = [f"## {title}\n\n{sections[title]}" for title in order if title in sections]
    page = "\n\n".join([HEAD.strip(), _made(), *known])
    PAGE.write_text(f"{page}\n", encoding="utf-8")


def _sections() -> dict[str, str]:
    """Return the text of each section of the page, by its title."""
    if not PAGE.exists():
        return {}
    _, *found = PAGE.read_text(encoding="utf-8").split("\n## ")
    parted = (section.partition("\n") for section in found)
    return {title: text.strip() for title, _, text in parted}


def _made() -> str:
    versions = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    return f"- machine: {peers.machine()}\n- versions: {versions}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
