"""What is kept of one attempt for who looks back: its log, and its entry in the history."""

from __future__ import annotations

import time
from collections.abc import Mapping

from datamake.chronicle import Ended, with_failure
from datamake.dependency import Dependency
from datamake.logs import AttemptLog, LogPlace, Typed, foot_lines
from datamake.model import AttemptState, FileState, Seen, Stage
from datamake.outcome import Failure, Outcome
from datamake.past import Details
from datamake.policy import Policy


class Account:
    """The account of one attempt at a stage, from its beginning to its end.

    `started` is when it began, in seconds since the epoch; `worker` is to be the number of the
    process that ran its actions, `parameters` are those of the stage as one would type them. Where
    the run keeps no history there is no account.
    """

    def __init__(self, stage: Stage, seen: Seen, outcome: Outcome, dependency: Dependency) -> None:
        self._stage = stage
        self._seen = seen
        self._outcome = outcome
        self._dependency = dependency
        self._log: AttemptLog | None = None
        self._made: Mapping[str, FileState] = {}
        self.parameters = ""
        self.started = 0.0
        self.worker = 0

    def begin(self, policy: Policy) -> LogPlace | None:
        """Note that the attempt begins; return where its actions are to log, if they are."""
        self.started = time.time()
        self.parameters = self._dependency.parameters(self._stage.name)
        logs, chronicle = self._dependency.logs, self._dependency.chronicle
        if chronicle is None:
            return None
        chronicle.begin()
        if logs is None or not policy.logs:
            return None
        run = f"{chronicle.number}, attempt {self._outcome.number} of {policy.retries + 1}"
        typed = Typed(self._stage.name, self.parameters, chronicle.command, run)
        self._log = logs.begin(typed, self.started)
        if self._log is None:
            return None
        self._outcome.log = self._log.path
        return self._log.place(policy.logs_size)

    def built(self, outputs: Mapping[str, FileState]) -> None:
        """Note a good build in the transaction in which it is recorded."""
        self._made = outputs
        self._note(AttemptState.BUILT)

    def end(self, state: AttemptState, why: str = "") -> None:
        """Note how the attempt ended, once all is in its place; `why` if no failure tells that."""
        self._outcome.seconds = self._outcome.seconds or time.time() - self.started
        if self._log is not None:
            lines = [why] if why else []
            self._log.end(
                state.value, self._outcome.seconds, [*lines, *foot_lines(self._outcome, self._made)]
            )
        if state is not AttemptState.BUILT:
            self._note(state, why)

    def _note(self, state: AttemptState, why: str = "") -> None:
        chronicle, outcome = self._dependency.chronicle, self._outcome
        if chronicle is None:
            return
        failure = outcome.failure or (Failure(why) if why else None)
        details = Details(
            reasons=tuple(map(str, outcome.verdict.reasons)),
            parameters=self.parameters,
            targets=self._stage.targets,
            arguments=self._seen.meaning.arguments,
            inputs=self._seen.inputs,
            outputs=self._made,
            sizes={output.path: output.size for output in outcome.outputs},
            worker=self.worker,
            log=outcome.log,
        )
        if failure is not None:
            details = with_failure(details, failure)
        ended = Ended(self._stage.name, state, self.started, outcome.seconds)
        chronicle.attempted(ended, details, self._seen.meaning)
