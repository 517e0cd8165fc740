"""The explanation of one verdict: every reason, the changed code, or what is as it was."""

from __future__ import annotations

import time
from collections.abc import Iterator

from datamake.model import Reason, Record, Seen, State, Verdict, Why
from datamake.show import words


def explain(verdict: Verdict, seen: Seen | None, record: Record | None) -> Iterator[str]:
    """Yield the lines that explain a verdict; `record` is the last good build's."""
    name = verdict.stage.name
    if verdict.state is State.GROUP:
        yield f"{name} is a group: ask for one of its tasks"
    elif verdict.state is State.IGNORED:
        yield f"{name} is ignored (`doit forget {name}` ends that)"
    elif verdict.state is State.WAITS:
        yield f"{name} is up to date so far, and {words.waits_for(verdict.waits_for)}"
    elif verdict.state is State.FRESH:
        yield from _fresh(verdict, record)
    else:
        yield f"{name} {'is stale' if verdict.state is State.STALE else 'cannot be built'}:"
        for reason in verdict.reasons:
            yield f"  {reason}"
        if seen is not None and record is not None:
            yield from changed_code(verdict.reasons, seen, record)


def _fresh(verdict: Verdict, record: Record | None) -> Iterator[str]:
    stage = verdict.stage
    if record is None:
        yield f"{stage.name} is up to date: its uptodate says so, and nothing else is declared"
        return
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started))
    yield f"{stage.name} is up to date: built {when} in {words.duration(record.seconds)}"
    if record.accepted:
        yield f"  accepted without a build: {record.accepted}"
    for path in stage.targets:
        yield f"  target as it was built: {path}"
    for path in stage.file_dep:
        yield f"  input unchanged: {path}"
    for name in record.meaning.code:
        yield f"  action unchanged: {name}"
    for name, value in record.meaning.arguments.items():
        yield f"  argument unchanged: {name} {value}"


def changed_code(reasons: tuple[Reason, ...], seen: Seen, record: Record) -> Iterator[str]:
    """Yield a diff of each piece of code that has changed since the last good build, in lines."""
    from difflib import unified_diff

    for reason in reasons:
        if reason.why is not Why.ACTION_CHANGED:
            continue
        name = reason.subject
        before = record.meaning.source.get(name, "").splitlines()
        now = seen.meaning.source.get(name, "").splitlines()
        yield from unified_diff(before, now, f"{name} (built)", f"{name} (now)", lineterm="")
