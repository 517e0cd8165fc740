"""The staleness rule: from what a record says and what is there now to a verdict. Pure.

Every command that says something of a stage's state asks `judge`, so they never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from datamake.members import told_apart
from datamake.model import (
    AttemptState,
    FileState,
    Known,
    Reason,
    Record,
    Seen,
    Stage,
    State,
    Unreadable,
    Verdict,
    Why,
)


class Case(Struct, frozen=True):
    """One stage to be judged: what it declares, what is there now, what was recorded."""

    stage: Stage
    seen: Seen
    known: Known
    record: Record


def judge(stage: Stage, seen: Seen, known: Known, pending: frozenset[str] = frozenset()) -> Verdict:
    """Say whether a stage is fresh, stale or has to wait, with every reason.

    `pending` holds the inputs (or other upstream names) that a stage which will or may run is
    going to make: a stage whose only news is there waits, and is judged again when they ran.
    """
    unusable = tuple(_unusable(stage, seen, pending))
    if unusable:
        return Verdict(stage, State.ERROR, unusable)
    reasons = tuple(_reasons(stage, seen, known, pending))
    if reasons:
        return Verdict(stage, State.STALE, reasons)
    return Verdict(stage, State.WAITS if pending else State.FRESH)


def _unusable(stage: Stage, seen: Seen, pending: frozenset[str]) -> Iterator[Reason]:
    for path in stage.file_dep:
        state = seen.inputs[path]
        if path in pending:
            continue
        if state is None:
            yield Reason(Why.INPUT_MISSING, path)
        elif isinstance(state, Unreadable):
            yield Reason(Why.INPUT_UNREADABLE, state.path)


def _reasons(stage: Stage, seen: Seen, known: Known, pending: frozenset[str]) -> Iterator[Reason]:
    if seen.forced:
        yield Reason(Why.FORCED)
    if not stage.file_dep and not stage.targets and not seen.uptodate:
        yield Reason(Why.ALWAYS)
    yield from _attempt_went_wrong(known)
    # A stage of `uptodate` alone is what its uptodate says, built or not: doit's meaning.
    if known.record is None and (stage.file_dep or stage.targets):
        yield Reason(Why.NEVER_BUILT)
        return
    yield from _uptodate_is_false(seen)
    if known.record is None:
        return
    case = Case(stage, seen, known, known.record)
    for rule in RULES:
        for reason in rule(case):
            if not (reason.why is Why.INPUT_CHANGED and reason.subject in pending):
                yield reason


def _uptodate_is_false(seen: Seen) -> Iterator[Reason]:
    for words, answer in seen.uptodate:
        if not answer:
            yield Reason(Why.NOT_UPTODATE, words)


def _attempt_went_wrong(known: Known) -> Iterator[Reason]:
    if known.attempt is AttemptState.FAILED:
        yield Reason(Why.ATTEMPT_FAILED)
    if known.attempt is AttemptState.INTERRUPTED:
        yield Reason(Why.ATTEMPT_INTERRUPTED)


def target_missing(case: Case) -> Iterator[Reason]:
    """A declared target is not there."""
    for path in case.stage.targets:
        if case.seen.outputs[path] is None:
            yield Reason(Why.TARGET_MISSING, path)


def target_changed(case: Case) -> Iterator[Reason]:
    """A target is not what the recorded build left: somebody or something else wrote it."""
    if case.seen.checker != case.record.checker:
        return
    for path in case.stage.targets:
        now = case.seen.outputs[path]
        if now is not None and now != case.record.outputs.get(path):
            yield Reason(Why.TARGET_CHANGED, path)


def input_changed(case: Case) -> Iterator[Reason]:
    """An input that the recorded build read has other content now."""
    if case.seen.checker != case.record.checker:
        return
    for path in case.stage.file_dep:
        before = case.record.inputs.get(path)
        if before is not None and before != case.seen.inputs[path]:
            yield Reason(Why.INPUT_CHANGED, path)


def input_added(case: Case) -> Iterator[Reason]:
    """The stage declares an input that the recorded build did not."""
    for path in case.stage.file_dep:
        if path not in case.record.inputs:
            yield Reason(Why.INPUT_ADDED, path)


def input_removed(case: Case) -> Iterator[Reason]:
    """The recorded build read an input that the stage no longer declares."""
    for path in case.record.inputs:
        if path not in case.seen.inputs:
            yield Reason(Why.INPUT_REMOVED, path)


def input_order_changed(case: Case) -> Iterator[Reason]:
    """An action that is handed the inputs gets the same ones in another order."""
    before, now = list(case.record.inputs), list(case.stage.file_dep)
    if case.seen.meaning.ordered and before != now and sorted(before) == sorted(now):
        yield Reason(Why.INPUT_ORDER, ", ".join(now))


def action_changed(case: Case) -> Iterator[Reason]:
    """A piece of code that the actions consist of has another meaning."""
    before, now = case.record.meaning.code, case.seen.meaning.code
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield Reason(Why.ACTION_CHANGED, name)


def argument_changed(case: Case) -> Iterator[Reason]:
    """An argument of an action has another value."""
    before, now = case.record.meaning.arguments, case.seen.meaning.arguments
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield Reason(Why.ARGUMENT_CHANGED, name, *told_apart(before.get(name), now.get(name)))


def checker_changed(case: Case) -> Iterator[Reason]:
    """Files were compared in another way, so their recorded states say nothing now."""
    if case.seen.checker != case.record.checker:
        yield Reason(Why.CHECKER_CHANGED, "", case.record.checker, case.seen.checker)


RULES: tuple[Callable[[Case], Iterator[Reason]], ...] = (
    target_missing,
    target_changed,
    input_changed,
    input_added,
    input_removed,
    input_order_changed,
    action_changed,
    argument_changed,
    checker_changed,
)


def changed_inputs(verdict: Verdict) -> list[str]:
    """Inputs that are new or changed since the last build: doit's `changed`.

    All of them where the stage was never built or a target is missing, as doit has it.
    """
    if not verdict.stage.file_dep:
        return []
    kinds = {reason.why for reason in verdict.reasons}
    if kinds & {Why.NEVER_BUILT, Why.TARGET_MISSING, Why.CHECKER_CHANGED}:
        return list(verdict.stage.file_dep)
    news = (Why.INPUT_CHANGED, Why.INPUT_ADDED)
    return [reason.subject for reason in verdict.reasons if reason.why in news]


def moved(before: dict[str, FileState], after: dict[str, FileState]) -> list[str]:
    """Inputs whose state is not the same before and after the actions ran."""
    return [path for path, state in before.items() if after.get(path) != state]
