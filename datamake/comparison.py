"""What differs between two runs, stage by stage: code, arguments, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from datamake.history import History
from datamake.members import told_apart
from datamake.model import AttemptState
from datamake.past import PastAttempt, PastRun


class Change(Struct, frozen=True):
    """Something named that differs; None on a side stands for: not there."""

    name: str
    before: Any
    after: Any


class StageChange(Struct, frozen=True):
    """A stage that differs between two runs, with the attempt that says how it stood in each.

    One of them may be None: there was no such stage then. `code` has digests, which
    `History.source` knows the text of.
    """

    stage: str
    before: PastAttempt | None
    after: PastAttempt | None
    parameters: tuple[str, str] | None = None
    code: tuple[Change, ...] = ()
    arguments: tuple[Change, ...] = ()
    inputs: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()

    @property
    def outcome(self) -> tuple[AttemptState, AttemptState] | None:
        """How the attempts ended, if not in the same way."""
        if self.before is None or self.after is None or self.before.state is self.after.state:
            return None
        return self.before.state, self.after.state

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell."""
        found = self.parameters, self.code, self.arguments, self.inputs, self.outputs, self.outcome
        return any(found) or self.before is None or self.after is None


def compare(history: History, first: PastRun, second: PastRun) -> Iterator[StageChange]:
    """Yield each stage that differs between two runs, by name.

    A run attempts what is stale alone. A stage that it did not attempt stood as the last good
    attempt until then had left it: the last one at the same targets, if there is one.
    """
    ends = history.behind(first.id), history.behind(second.id)
    old, new = _attempted(history, first.id), _attempted(history, second.id)
    for name in sorted({*history.stages_between(min(ends), max(ends)), *old, *new}):
        before, after = old.get(name), new.get(name)
        after = after or _held(history, ends[1], name, before)
        before = before or _held(history, ends[0], name, after)
        found = difference(history, name, before, after)
        if found is not None:
            yield found


def _attempted(history: History, run: int) -> dict[str, PastAttempt]:
    return {attempt.stage: attempt for attempt in history.attempts(run)}


def _held(history: History, until: int, stage: str, like: PastAttempt | None) -> PastAttempt | None:
    last = None
    for attempt in history.good_until(until, stage):
        if like is None or _targets(attempt) == _targets(like):
            return attempt
        last = last or attempt
    return last


def _targets(attempt: PastAttempt) -> set[str]:
    return {*attempt.details.targets, *attempt.details.outputs}


def difference(
    history: History, stage: str, before: PastAttempt | None, after: PastAttempt | None
) -> StageChange | None:
    """Return what differs between two attempts at a stage, None if nothing does."""
    if before is None or after is None:
        found = StageChange(stage, before, after)
        return found if before is not after else None
    if before.id == after.id:
        return None
    old, new = before.details, after.details
    known = bool(old.code and new.code)  # of an attempt that was killed nothing is known
    built = before.state is after.state is AttemptState.BUILT
    other = old.parameters != new.parameters
    found = StageChange(
        stage,
        before,
        after,
        parameters=(old.parameters, new.parameters) if known and other else None,
        code=changes(history.code(old), history.code(new)) if known else (),
        arguments=_told(changes(old.arguments, new.arguments)) if known else (),
        inputs=changes(old.inputs, new.inputs) if known else (),
        outputs=changes(old.outputs, new.outputs) if built else (),
    )
    return found if found.differs else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what differs between two mappings, in the order of the second, then of the first."""
    names = dict.fromkeys([*after, *before])
    found = (Change(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in found if change.before != change.after)


def _told(arguments: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(Change(each.name, *told_apart(each.before, each.after)) for each in arguments)
