"""What a run adds to the history while it goes on."""

from __future__ import annotations

import getpass
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct, structs

from datamake.model import AttemptState, Meaning
from datamake.outcome import Failure
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.redaction import redact, redact_command
from datamake.store import Store

# How a run ended, by its exit code.
ENDED = {0: RunState.DONE, 1: RunState.FAILED}


class Ended(Struct, frozen=True):
    """An attempt that ended: at which stage, when it began, how long its actions took."""

    stage: str
    state: AttemptState
    started: float
    seconds: float


class Chronicle:
    """Notes one run in the history of its project, from its first attempt on.

    A run that attempts nothing leaves no note. `command` is what was typed, without secrets.
    """

    def __init__(self, store: Callable[[], Store], command: str, workers: int) -> None:
        # A run lets go of the store before it ends.
        self._store = store
        self.command = redact_command(command)
        self._workers = workers
        self._run: int | None = None
        self._counts: Counter[str] = Counter()

    def begin(self) -> None:
        """Note that the run attempts something, unless that is noted already."""
        if self._run is not None:
            return
        self._run = self._store().history.begin(
            PastRun(
                id=0,
                process=Process.current(),
                person=person(),
                command=self.command,
                commit=checked_out(),
                workers=self._workers,
                started=time.time(),
            )
        )

    @property
    def number(self) -> int:
        """The number of the run, 0 before its first attempt."""
        return self._run or 0

    def attempted(self, ended: Ended, details: Details, meaning: Meaning) -> None:
        """Note an attempt that ended, in the transaction in which its result is recorded."""
        self._counts[ended.state.value] += 1
        attempt = PastAttempt(
            id=0,
            run=self.number,
            stage=ended.stage,
            state=ended.state,
            started=ended.started,
            seconds=ended.seconds,
            details=details,
        )
        self._store().history.attempted(attempt, meaning)

    def kept(self, run: Callable[[], int]) -> int:
        """Note how a run ends; return its exit code, as the run does."""
        state = RunState.STOPPED
        try:
            code = run()
            state = ENDED.get(code, RunState.ERROR)
            # To doit an action that raises is an error; to who looks back, a stage that failed.
            if state is RunState.ERROR and self._counts[AttemptState.FAILED.value]:
                state = RunState.FAILED
            return code
        except Exception:
            state = RunState.ERROR
            raise
        finally:
            if self._run is not None:
                self._store().history.end(self._run, state, self._counts)


def with_failure(details: Details, failure: Failure) -> Details:
    """Return details that say what went wrong, without the values of secrets."""
    where = tuple((place, redact(line)) for place, line in failure.where)
    return structs.replace(details, failure=redact(failure.what), where=where)


def person() -> str:
    """Return the name of who runs this process, or the number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # which of them, depends on the version of Python
        return str(os.getuid())


def checked_out() -> str:
    """Return the commit that git has checked out here, "" where there is none, or no git."""
    with suppress(OSError, subprocess.SubprocessError):
        asked = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False)
        return said.stdout.strip() if said.returncode == 0 else ""
    return ""
