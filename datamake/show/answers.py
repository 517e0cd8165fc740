"""What commands answer with `--json`: one document of JSON, for programs.

Each has a `version`, which changes when the meaning of a key does; keys may be added at any time.
Times are in seconds since the epoch, time spans in seconds. It is ASCII alone: names may hold
bytes that are no text, which UTF-8 has no place for; they are escaped as lone surrogates, as
Python's `os.fsdecode` has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from doit.task import Task

from datamake.comparison import Change, StageChange
from datamake.graph import upstream
from datamake.history import History
from datamake.model import Reason, Record, Seen, State, Verdict
from datamake.origin import Maker, Origin
from datamake.past import PastAttempt, PastRun
from datamake.planner import Planner
from datamake.redaction import redact_parameters
from datamake.show.difference import Source, code_diff
from datamake.show.explanation import changed_code
from datamake.show.plan_forecast import PlanForecast
from datamake.store_rows import Underway

VERSION = 1

Document = Mapping[str, Any]


def encoded(answer: Document) -> str:
    """Return an answer as the text of a document."""
    return json.dumps({"version": VERSION, **answer}, indent=1) + "\n"


# How stages stand ------------------------------------------------------------------------


def listed(task: Task, parameters: str, state: State | None) -> Document:
    """Return what a task declares; with its state, if that was asked for."""
    told = {
        "name": task.name,
        "doc": task.doc or "",
        "parameters": redact_parameters(parameters),
        "file_dep": [str(path) for path in task.file_dep],
        "targets": [str(path) for path in task.targets],
        "task_dep": list(task.task_dep),
        "subtask_of": task.subtask_of,
    }
    return told if state is None else {**told, "state": state.value}


def verdict(found: Verdict, seen: Seen | None = None, record: Record | None = None) -> Document:
    """Return a verdict with its reasons; given what was seen, with what changed in the code."""
    told: dict[str, Any] = {
        "stage": found.stage.name,
        "state": found.state.value,
        "reasons": [reason(each) for each in found.reasons],
        "waits_for": list(found.waits_for),
        "file_dep": list(found.stage.file_dep),
        "targets": list(found.stage.targets),
    }
    if record is not None:
        told["built"] = {
            "started": record.started,
            "seconds": record.seconds,
            "accepted": record.accepted or None,
        }
        if seen is not None:
            told["code_diff"] = "\n".join(changed_code(found.reasons, seen, record))
    return told


def reason(found: Reason) -> Document:
    """Return a reason: `why`, and as far as there are any its `subject`, `before` and `after`."""
    subject = {"subject": found.subject} if found.subject else {}
    changed = {"before": found.before, "after": found.after}
    known = changed if any(text is not None for text in changed.values()) else {}
    return {"why": found.why.value, **subject, **known}


def plan(planner: Planner, durations: Mapping[str, float], at_once: int) -> Document:
    """Return what would run: every stage in order, with its verdict, and how long that takes.

    `durations` says how many seconds stages took when they were built, `at_once` how many are
    to be built at once.
    """
    forecast = PlanForecast(durations, at_once)
    stages = []
    for task, found in planner.verdicts():
        forecast.add(task.name, found.state, upstream(task))
        if found.state is not State.GROUP:
            stages.append({**verdict(found), "usual": durations.get(task.name)})
    span = forecast.span()
    return {
        "stages": stages,
        # Tasks whose creators only run when something else has been built.
        "held": list(dict.fromkeys(planner.held)),
        "expected": {
            "least": span.least,
            "most": span.most,
            "never_built": span.unknown,
            "at_once": at_once,
        },
    }


# What was --------------------------------------------------------------------------------


def run(found: PastRun) -> dict[str, Any]:
    """Return a run: who typed what, where, and how it ended."""
    return {
        "run": found.id,
        "state": found.state.value,
        "command": found.command,
        "parameters": found.parameters,
        "person": found.person,
        "host": found.process.host,
        "pid": found.process.pid,
        "commit": found.commit or None,
        "workers": found.workers,
        "started": found.started,
        "ended": found.ended,
        "counts": dict(found.counts),
    }


def one_run(
    found: PastRun,
    attempts: Iterable[PastAttempt],
    underway: Iterable[Underway],
    history: History,
) -> Document:
    """Return a run with its attempts, and what its process is building, or was when it died."""
    return {
        **run(found),
        "attempts": [attempt(each, history) for each in attempts],
        "underway": [{"stage": each.stage, "since": each.since} for each in underway],
    }


def attempt(found: PastAttempt, history: History) -> Document:
    """Return an attempt with what it was made of, and what came of it."""
    details = found.details
    return {
        "attempt": found.id,
        "run": found.run,
        "stage": found.stage,
        "state": found.state.value,
        "started": found.started,
        "seconds": found.seconds,
        "reasons": list(details.reasons),
        "parameters": details.parameters,
        "code": history.code(details),
        "arguments": dict(details.arguments),
        "targets": list(details.targets),
        "inputs": dict(details.inputs),
        "outputs": dict(details.outputs),
        "sizes": dict(details.sizes),
        "failure": details.failure or None,
        "where": [{"place": place, "line": line} for place, line in details.where],
        "log": details.log or None,
    }


def origin(found: Origin) -> Document:
    """Return a file of a provenance, with what made it (`made_by`, null for raw data)."""
    return {
        "path": found.path,
        "state": found.state,
        "standing": found.standing.value,
        "size": found.size,
        "depth": found.depth,
        "told_before": found.told,
        "declared_by": found.declared or None,
        "made_by": None if found.maker is None else _maker(found.maker),
    }


def _maker(found: Maker) -> Document:
    return {
        "stage": found.stage,
        "run": None if found.run is None else run(found.run),
        "attempt": found.attempt or None,
        "started": found.started,
        "seconds": found.seconds,
        "code": dict(found.code),
        "arguments": dict(found.arguments),
        "parameters": found.parameters,
        "inputs": dict(found.inputs),
        "accepted": found.accepted or None,
        "edited": found.edited,
    }


# What differs ----------------------------------------------------------------------------


def difference(
    runs: tuple[PastRun, PastRun], stages: Iterable[StageChange], source: Source
) -> Document:
    """Return two runs and the stages that differ between them."""
    return {
        "runs": [run(each) for each in runs],
        "stages": [_stage_change(found, runs, source) for found in stages],
    }


def _stage_change(
    found: StageChange, runs: tuple[PastRun, PastRun], source: Source
) -> dict[str, Any]:
    parameters = found.parameters
    return {
        "stage": found.stage,
        "before": _standing(found.before),
        "after": _standing(found.after),
        "parameters": parameters and {"before": parameters[0], "after": parameters[1]},
        "code": [
            {**_change(each), "diff": "\n".join(code_diff(each, runs, source))}
            for each in found.code
        ],
        "arguments": [_change(each) for each in found.arguments],
        "inputs": [_change(each) for each in found.inputs],
        "outputs": [_change(each) for each in found.outputs],
    }


def _standing(found: PastAttempt | None) -> Document | None:
    if found is None:
        return None
    return {
        "run": found.run,
        "attempt": found.id,
        "state": found.state.value,
        "failure": found.details.failure or None,
    }


def _change(found: Change) -> dict[str, Any]:
    return {"name": found.name, "before": found.before, "after": found.after}
