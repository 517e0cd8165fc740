"""How runs and attempts that were are read from the rows of the store."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from datamake.model import AttemptState
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.store_rows import decoded_name

RUN = "id, process, person, command, git, workers, started, ended, state, counts"
ATTEMPT = "id, run, stage, state, started, seconds, body"


def decoded_run(number: int, process: str, person: Any, command: Any, *rest: Any) -> PastRun:
    """Return a run, of the columns in RUN. One whose process is gone was killed."""
    git, workers, started, ended, state, counts = rest
    who = msgspec.json.decode(process, type=Process)
    standing = RunState(state)
    if standing is RunState.RUNNING and who.alive is False:
        standing = RunState.KILLED
    return PastRun(
        id=number,
        process=who,
        person=decoded_name(person),
        command=decoded_name(command),
        commit=git,
        workers=workers,
        started=started,
        ended=ended,
        state=standing,
        counts=json.loads(counts),
    )


def decoded_attempt(number: int, run: int, stage: Any, state: str, *rest: Any) -> PastAttempt:
    """Return an attempt, of the columns in ATTEMPT."""
    started, seconds, body = rest
    return PastAttempt(
        id=number,
        run=run,
        stage=decoded_name(stage),
        state=AttemptState(state),
        started=started,
        seconds=seconds,
        details=_details(body),
    )


def _details(body: bytes) -> Details:
    try:
        return msgspec.json.decode(body, type=Details)
    except msgspec.DecodeError:  # escaped lone surrogates
        return msgspec.convert(json.loads(body), Details)
