"""What differs between two runs, as text: stage by stage, code as a unified diff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from datamake.comparison import Change, StageChange
from datamake.past import PastRun
from datamake.redaction import redact
from datamake.show import words
from datamake.show.origins import short_state
from datamake.show.past_runs import short_commit, took, who

# How the text of a piece of code is found, by its digest.
Source = Callable[[str], str | None]


def difference_lines(
    runs: tuple[PastRun, PastRun], stages: Iterable[StageChange], source: Source
) -> Iterator[str]:
    """Yield the two runs, each stage that differs between them, or that none does."""
    from datamake.picture.labels import shown

    yield from (shown(_run(run)) for run in runs)
    found = False
    for stage in stages:
        found = True
        yield ""
        yield from map(shown, _stage(stage, runs, source))
    if not found:
        yield "no difference"


def _run(run: PastRun) -> str:
    commit = f", commit {short_commit(run)}" if run.commit else ""
    time = f" in {took(run)}" if run.ended else ""
    when = words.moment(run.started)
    return f"run {run.id}: {run.state.value}{time}, {when}, {who(run)}{commit}: {run.command}"


def _stage(found: StageChange, runs: tuple[PastRun, PastRun], source: Source) -> Iterator[str]:
    before, after = found.before, found.after
    if before is None or after is None:
        there = before or after
        assert there is not None
        asked = runs[1] if before is None else runs[0]
        yield f"{found.stage}: only in run {asked.id}{_of(asked, there.run)}"
        return
    held = [
        f"run {run.id} had it as run {attempt.run} left it"
        for run, attempt in zip(runs, (before, after), strict=True)
        if run.id != attempt.run
    ]
    yield f"{found.stage}:" + (f"  ({'; '.join(held)})" if held else "")
    if found.outcome is not None:
        yield f"  outcome: {found.outcome[0].value} → {found.outcome[1].value}"
        failure = after.details.failure or before.details.failure
        yield from (f"    {line}" for line in failure.splitlines()[:1])
    if found.parameters is not None:
        yield f"  parameters: {found.parameters[0] or '(none)'} → {found.parameters[1] or '(none)'}"
    for change in found.code:
        yield f"  action {_verb(change)}: {change.name}"
    yield from _named("argument", found.arguments, str)
    yield from _named("input", found.inputs, short_state)
    yield from _named("output", found.outputs, short_state)
    for change in found.code:
        yield from code_diff(change, runs, source)


def _of(asked: PastRun, left_by: int) -> str:
    return "" if asked.id == left_by else f", as run {left_by} left it"


def _named(kind: str, changes: Iterable[Change], text: Callable[[Any], str]) -> Iterator[str]:
    for change in changes:
        old, new = (None if v is None else text(v) for v in (change.before, change.after))
        said = f"{old} → {new}" if old is not None and new is not None else old or new or ""
        yield f"  {kind} {_verb(change)}: {change.name} {said}"


def _verb(change: Change) -> str:
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"


def code_diff(change: Change, runs: tuple[PastRun, PastRun], source: Source) -> Iterator[str]:
    """Yield the lines of a unified diff of a piece of code, without the values of secrets."""
    from difflib import unified_diff

    digests = change.before, change.after
    texts = (redact(source(digest) or "") if digest else "" for digest in digests)
    before, after = (text.splitlines() for text in texts)
    old, new = (f"{change.name} (run {run.id})" for run in runs)
    yield from unified_diff(before, after, old, new, lineterm="")
