"""The event of how a stage ended, from what doit's task and the outcome of its attempt say."""

from __future__ import annotations

from doit.exceptions import BaseFail
from doit.task import Task

from datamake.outcome import Outcome
from datamake.show import events


def built(task: Task, outcome: Outcome) -> events.Built:
    """Return that a stage was built: from what reason, in what time, what."""
    return events.Built(
        stage=task.name,
        title=task.title(),
        reasons=outcome.verdict.reasons,
        seconds=outcome.seconds,
        outputs=outcome.outputs,
        notes=tuple(outcome.notes),
    )


def failed(
    task: Task, fail: BaseFail, outcome: Outcome | None, on_screen: tuple[str, ...]
) -> events.Failed:
    """Return that a stage failed, `on_screen` what is not to be shown again."""
    failure = outcome.failure if outcome else None
    actions = task.actions if task.executed else []
    return events.Failed(
        stage=task.name,
        title=task.title(),
        seconds=outcome.seconds if outcome else None,
        what=failure.what if failure else fail.message,
        where=failure.where if failure else (),
        partial=failure.partial if failure else (),
        traceback=failure.traceback if failure else "",
        log=outcome.log if outcome else "",
        notes=tuple(outcome.notes) if outcome else (),
        stdout="".join(action.out or "" for action in actions),
        stderr="".join(action.err or "" for action in actions),
        on_screen=on_screen,
    )


def stopped(task: Task, outcome: Outcome | None) -> events.Stopped:
    """Return that a stage was under way when the run was stopped."""
    return events.Stopped(
        stage=task.name,
        title=task.title(),
        notes=tuple(outcome.notes) if outcome else (),
        unfinished=outcome.unfinished if outcome else None,
        has_targets=bool(task.targets),
    )


def on_screen(task: Task, failure_verbosity: int) -> tuple[str, ...]:
    """Return the streams of which a person has seen what a failed stage wrote there."""
    verbosity = task.verbosity if task.executed else 0
    seen = {
        "stdout": verbosity >= 2 and failure_verbosity != 2,
        "stderr": verbosity >= 1 and failure_verbosity == 0,
    }
    return tuple(name for name, is_seen in seen.items() if is_seen)
