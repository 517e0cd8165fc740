"""Builds one stale stage: under its lease, judged again if need be, tried as often as allowed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from typing import Any

import msgspec
from doit.exceptions import BaseFail, TaskFailed
from doit.task import Stream, Task

from datamake.acting import Acted, Work
from datamake.attempt import Attempt, InputsMovedError
from datamake.audit import Audit
from datamake.dependency import Dependency
from datamake.lease import Pause, WaitedTooLongError, Waiting
from datamake.leases import LeaseLostError
from datamake.leftovers import LeavingsError, clear_or_give_back
from datamake.model import Stage, State, Verdict, Why
from datamake.outcome import Failure, Outcome
from datamake.paths import lies_below
from datamake.policy import Policies, Policy
from datamake.process import Process
from datamake.show.words import duration
from datamake.store_rows import Underway, new_token
from datamake.target_places import TargetError
from datamake.terms import Terms
from datamake.trace import refusal

# What building a stage asks for on its way, and what it is told behind that.
Steps = Generator[Work | Pause, Acted, BaseFail | None]

# A stage whose inputs move under it is built again once: an editor saves now and then, an action
# that changes its own input does so every time.
ATTEMPTS_AT_MOVING_INPUTS = 2


class Builder:
    """Builds stages step by step, so that several can be on their way at once.

    Where a stage's actions are to run it yields their Work and is sent what became of it; where
    it has to wait it yields a Pause. `holds_others` says of a path whether other stages' files
    lie below it.
    """

    def __init__(
        self,
        dependency: Dependency,
        waiting: Waiting,
        policies: Policies,
        audit: Audit,
        holds_others: Callable[[str], bool],
    ) -> None:
        self._dependency = dependency
        self._waiting = waiting
        self._policies = policies
        self._audit = audit
        self._holds_others = holds_others

    def build(self, task: Task, outcome: Outcome, stream: Stream) -> Steps:
        """Build a stage that was judged stale; return doit's failure object, or None.

        The outcome's verdict is fresh afterwards where somebody else built it meanwhile.
        """
        policy = self._policies.of(task)
        refused = refusal(policy, task.actions, self._audit)
        if refused is not None:
            return _failed(outcome, refused)
        for failed in range(policy.retries + 1):
            outcome.number = failed + 1
            failure = yield from self._build_once(task, outcome, stream, policy)
            if failure is None or failed == policy.retries:
                return failure
            what = outcome.failure.what if outcome.failure else failure.message
            pause = policy.retry_delay * 2**failed
            number = f"attempt {failed + 1} of {policy.retries + 1}"
            outcome.notes.append(f"{number} failed ({what}); again after {duration(pause)}")
            outcome.failure = None
            yield Pause(pause)
        raise AssertionError("unreachable: the last attempt returns")

    def _build_once(self, task: Task, outcome: Outcome, stream: Stream, policy: Policy) -> Steps:
        changed = ""
        for _ in range(ATTEMPTS_AT_MOVING_INPUTS):
            try:
                return (yield from self._attempted(task, outcome, stream, policy))
            except (WaitedTooLongError, LeavingsError, TargetError) as error:
                return _failed(outcome, str(error))
            except InputsMovedError as moved:
                changed = ", ".join(moved.paths)
            outcome.notes.append(f"{changed} changed while it ran: built again")
        outcome.notes.clear()
        message = f"{changed} changes every time while {task.name} runs"
        return _failed(outcome, f"{message}: a stage must not change its inputs")

    def _attempted(self, task: Task, outcome: Outcome, stream: Stream, policy: Policy) -> Steps:
        """Make one attempt, unless there turns out to be nothing to build.

        Who lost the lease before the attempt began waits for who has it, and judges again.
        """
        while True:
            attempt = self._attempt(task, outcome, policy, (_lease(outcome.verdict.stage), stream))
            if not attempt.begin_at_once():
                lease = yield from self._take(task, outcome)
                if lease is None:
                    return self._not_to_be_built(task, outcome)
                attempt = self._attempt(task, outcome, policy, (lease, stream))
            try:
                return (yield from attempt.steps())
            except LeaseLostError:
                continue

    def _attempt(
        self, task: Task, outcome: Outcome, policy: Policy, held: tuple[Underway, Stream]
    ) -> Attempt:
        lease, stream = held
        stage = outcome.verdict.stage
        shared = frozenset(path for path in stage.targets if self._is_shared(stage, path))
        others = {path: self._others_in(stage, path, path in shared) for path in stage.targets}
        terms = Terms(lease, policy, self._audit, stream, shared, others)
        return Attempt(task, self._dependency, outcome, terms)

    def _is_shared(self, stage: Stage, target: str) -> bool:
        """Whether a target is a folder in which something is made or read apart from it."""
        if not self._holds_others(target):
            return False
        nested = any(lies_below(other, target) for other in stage.targets)
        return nested or bool(self._dependency.judge.belongs_to_others(stage, target))

    def _others_in(self, stage: Stage, target: str, is_shared: bool) -> tuple[str, ...]:
        """Return what in a target is not its stage's own.

        What others only read there is its own where all in the folder is as it left it.
        """
        if is_shared:
            return self._dependency.judge.others_in(stage, target)
        if not self._holds_others(target) or not os.path.isdir(target):
            return ()
        store, seen = self._dependency.store, self._dependency.seen[stage.name]
        own = store.made_folder(target) and seen.outputs[target] == store.built(target)
        return () if own else tuple(self._dependency.read_in(stage.name, target))

    def _take(self, task: Task, outcome: Outcome) -> Generator[Pause, Any, Underway | None]:
        """Take the lease of a stage; None if then it turns out that there is nothing to build.

        Raises WaitedTooLongError, and LeavingsError where a dead holder's leavings stay.
        """
        dependency, stage = self._dependency, outcome.verdict.stage
        mine = _lease(stage)
        lease = yield from self._waiting.acquire(stage, mine)
        if lease.dead is not None:
            clear_or_give_back(lease.dead, mine, dependency)
        if lease.dead is None and lease.version == dependency.seen[task.name].version:
            return mine
        outcome.verdict = _since(outcome, dependency.verdict(task, dependency.tasks))
        if outcome.verdict.state is State.STALE:
            return mine
        dependency.store.leases.release(stage, mine.token)
        return None

    def _not_to_be_built(self, task: Task, outcome: Outcome) -> BaseFail | None:
        if outcome.verdict.state is State.ERROR:
            reasons = outcome.verdict.reasons
            paths = ", ".join(reason.subject for reason in reasons)
            gone = all(reason.why is Why.INPUT_MISSING for reason in reasons)
            what = "was removed" if gone else "became unreadable"
            return _failed(outcome, f"{paths} {what} while {task.name} ran")
        task.values = self._dependency.get_values(task.name)
        return None


def _lease(stage: Stage) -> Underway:
    """Return a lease of a stage, to be taken now."""
    process = Process.current()
    return Underway(stage.name, stage.targets, process, token=new_token(), since=time.time())


def _since(outcome: Outcome, verdict: Verdict) -> Verdict:
    """Return a later verdict on a stage, without that its last attempt failed if this run's did."""
    own = {Why.ATTEMPT_FAILED} - {reason.why for reason in outcome.verdict.reasons}
    reasons = tuple(reason for reason in verdict.reasons if reason.why not in own)
    if outcome.number == 1 or not reasons:
        return verdict
    return msgspec.structs.replace(verdict, reasons=reasons)


def _failed(outcome: Outcome, message: str) -> BaseFail:
    outcome.failure = Failure(message)
    return TaskFailed(message)
