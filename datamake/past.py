"""What is remembered of runs that were, and of the attempts in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from datamake.model import AttemptState, FileState
from datamake.process import Process

# A value that is typed for a parameter: NAME=VALUE.
TYPED = re.compile(r"[^\W\d]\w*=")


class RunState(Enum):
    """How a run stands or ended. A run that is noted as running and has no process was killed."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ERROR = "error"
    STOPPED = "stopped"
    KILLED = "killed"


class PastRun(Struct, frozen=True):
    """A run that attempted something: who typed what, where, and how it ended.

    `commit` is what git had checked out in the project's folder, "" where there is none. Times
    are in seconds since the epoch; `ended` is None while it runs, and for ever where it was
    killed. `counts` says how many attempts ended in which state, so far
    where it has no end.
    """

    id: int
    process: Process
    person: str
    command: str
    commit: str
    workers: int
    started: float
    ended: float | None = None
    state: RunState = RunState.RUNNING
    counts: Mapping[str, int] = {}

    @property
    def parameters(self) -> str:
        """The values of parameters that were typed, as they were typed."""
        return shlex.join(word for word in shlex.split(self.command) if TYPED.match(word))


class Details(Struct, frozen=True):
    """What an attempt was made for, of what, and what came of it.

    `reasons` are the verdict's, in words. `parameters` are the values of the creator's parameters
    as one would type them, `targets` is what the stage declared to make, `arguments` has the text
    of each argument. `code` stands for the code that ran (`History.code`). `inputs` and `outputs`
    are file states by path, `sizes` those of outputs in bytes. `failure` says in words what went
    wrong, `where` has places in the project's code with the line there. `worker` is the number of
    the process in which the actions ran. `log` is the path of what they printed, "" where that was
    not kept.
    """

    reasons: tuple[str, ...] = ()
    parameters: str = ""
    code: str = ""
    arguments: Mapping[str, str] = {}
    inputs: Mapping[str, FileState] = {}
    outputs: Mapping[str, FileState] = {}
    sizes: Mapping[str, int] = {}
    failure: str = ""
    where: tuple[tuple[str, str], ...] = ()
    worker: int = 0
    log: str = ""
    targets: tuple[str, ...] = ()


class PastAttempt(Struct, frozen=True):
    """An attempt at a stage that ended; `started` in seconds since the epoch.

    `seconds` is how long its actions took. Ids grow with time.
    """

    id: int
    run: int
    stage: str
    state: AttemptState
    started: float
    seconds: float
    details: Details
