"""What differs between two runs, as text: stage by stage, code as a unified diff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from datamake.comparison import Change, StageChange
from datamake.past import PastRun
from datamake.picture.folding import pattern
from datamake.redaction import redact
from datamake.show import words
from datamake.show.alike import MOST, folded, heading, in_common, of_their_own, verb
from datamake.show.origins import short_state
from datamake.show.past_runs import short_commit, took, who

# How the text of a piece of code is found, by its digest.
Source = Callable[[str], str | None]


def difference_lines(
    runs: tuple[PastRun, PastRun], stages: Iterable[StageChange], source: Source
) -> Iterator[str]:
    """Yield the two runs, each stage that differs between them, or that none does.

    Sub-tasks that differ in the same way are told as one.
    """
    from datamake.picture.labels import shown

    yield from (shown(_run(run)) for run in runs)
    found = False
    for lot in folded(stages):
        found = True
        yield ""
        yield from map(shown, _stages(lot, runs, source))
    if not found:
        yield "no difference"


def _run(run: PastRun) -> str:
    commit = f", commit {short_commit(run)}" if run.commit else ""
    time = f" in {took(run)}" if run.ended else ""
    when = words.moment(run.started)
    return f"run {run.id}: {run.state.value}{time}, {when}, {who(run)}{commit}: {run.command}"


def _stages(
    lot: Sequence[StageChange], runs: tuple[PastRun, PastRun], source: Source
) -> Iterator[str]:
    """Yield what there is to say of a stage, or of several that changed alike."""
    found = lot[0]
    before, after = found.before, found.after
    name, several = heading(lot)
    if before is None or after is None:
        there = before or after
        assert there is not None
        asked = runs[1] if before is None else runs[0]
        them = f"  ({several})" if several else ""
        yield f"{name}: only in run {asked.id}{_of(asked, there.run)}{them}"
        return
    held = [
        f"run {run.id} had it as run {attempt.run} left it"
        for run, attempt in zip(runs, (before, after), strict=True)
        if run.id != attempt.run
    ]
    held = [several, *held] if several else held
    yield f"{name}:" + (f"  ({'; '.join(held)})" if held else "")
    if found.outcome is not None:
        yield f"  outcome: {found.outcome[0].value} → {found.outcome[1].value}"
        yield from (
            f"    {line}" for line in list(dict.fromkeys(map(_failure, lot)))[:MOST] if line
        )
    if found.parameters is not None:
        yield f"  parameters: {found.parameters[0] or '(none)'} → {found.parameters[1] or '(none)'}"
    for change in found.code:
        yield f"  action {verb(change)}: {change.name}"
    yield from _named("argument", [one.arguments for one in lot], str)
    yield from _named("input", [one.inputs for one in lot], short_state)
    yield from _named("output", [one.outputs for one in lot], short_state)
    for change in found.code:
        yield from code_diff(change, runs, source)


def _of(asked: PastRun, left_by: int) -> str:
    return "" if asked.id == left_by else f", as run {left_by} left it"


def _failure(found: StageChange) -> str:
    failures = (a.details.failure for a in (found.after, found.before) if a is not None)
    return next((failure.splitlines()[0] for failure in failures if failure), "")


def _named(kind: str, lot: Sequence[Sequence[Change]], text: Callable[[Any], str]) -> Iterator[str]:
    """Yield the changes of one kind, as each stage of a lot has them."""
    for change in in_common(lot):
        old, new = (None if v is None else text(v) for v in (change.before, change.after))
        said = f"{old} → {new}" if old is not None and new is not None else old or new or ""
        yield f"  {kind} {verb(change)}: {change.name} {said}"
    for what, names in of_their_own(lot):
        which = f"{pattern(names)}  ({len(names):,})" if len(names) > MOST else ", ".join(names)
        yield f"  {kind} {what}: {which}"


def code_diff(change: Change, runs: tuple[PastRun, PastRun], source: Source) -> Iterator[str]:
    """Yield the lines of a unified diff of a piece of code, without the values of secrets."""
    from difflib import unified_diff

    digests = change.before, change.after
    texts = (redact(source(digest) or "") if digest else "" for digest in digests)
    before, after = (text.splitlines() for text in texts)
    old, new = (f"{change.name} (run {run.id})" for run in runs)
    yield from unified_diff(before, after, old, new, lineterm="")
