"""The store's memory of runs and attempts: added to by every run, read by who looks back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping

from blake3 import blake3
from msgspec import structs

from datamake.database import Database
from datamake.model import AttemptState, Meaning
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.past_rows import ATTEMPT, RUN, decoded_attempt, decoded_run
from datamake.store_rows import Underway, decoded_name, encoded, encoded_name

DIGEST_LENGTH = 32
GONE = "its process is dead, or was taken for it: killed, or the machine went down"
NO_ID = (1 << 63) - 1  # greater than any


class History:
    """Past runs and attempts in a store's file. Not for use by several threads.

    What changes something raises StoreError where the store can't be written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: set[str] = set()
        # A meaning, its code as a row has it, and the digest of that.
        self._last: tuple[Meaning | None, bytes, str] = None, b"", ""

    # Writing -----------------------------------------------------------------------------

    def begin(self, run: PastRun) -> int:
        """Note that a run begins; return its id. The one that it is given here does not count."""
        self._kept.clear()
        with self._database.transaction():
            row = self._database.row(
                "INSERT INTO run (process, person, command, git, workers, started, state, counts)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, '{}') RETURNING id",
                *(encoded(run.process).decode(), encoded_name(run.person)),
                *(encoded_name(run.command), run.commit, run.workers, run.started),
                RunState.RUNNING.value,
            )
        return int(row[0])

    def end(self, run: int, state: RunState, counts: Mapping[str, int]) -> None:
        """Note how a run ended."""
        self._database.change(
            "UPDATE run SET ended = ?, state = ?, counts = ? WHERE id = ?",
            *(time.time(), state.value, json.dumps(dict(counts)), run),
        )

    def attempted(self, attempt: PastAttempt, meaning: Meaning) -> None:
        """Note an attempt that ended; its id, and what stands for its code, are given here.

        Within a transaction it is noted with that.
        """
        if meaning is not self._last[0]:  # stages of one creator follow each other
            parts = encoded(meaning.code)
            self._last = meaning, parts, blake3(parts).hexdigest()[:DIGEST_LENGTH]
        _, parts, code = self._last
        with self._database.transaction():
            if code not in self._kept:
                self._keep(code, parts.decode(), meaning)
            self._add(attempt, structs.replace(attempt.details, code=code))
        self._kept.add(code)

    def interrupted(self, dead: Underway) -> None:
        """Note an attempt whose process died, in the transaction that takes its lease over.

        Of what it was made and how long it took is not known.
        """
        row = self._database.row(
            "SELECT max(id) FROM run WHERE process = ? AND ended IS NULL",
            encoded(dead.process).decode(),
        )
        if row[0] is None:  # it died before its run was noted
            return
        details = Details(failure=GONE, targets=dead.targets)
        state = AttemptState.INTERRUPTED
        self._add(PastAttempt(0, row[0], dead.stage, state, dead.since, 0.0, details), details)

    def _add(self, attempt: PastAttempt, details: Details) -> None:
        self._database.change(
            "INSERT INTO attempt (run, stage, state, started, seconds, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(attempt.run, encoded_name(attempt.stage), attempt.state.value),
            *(attempt.started, attempt.seconds, encoded(details)),
        )

    def _keep(self, code: str, parts: str, meaning: Meaning) -> None:
        texts = {digest: meaning.source.get(name, "") for name, digest in meaning.code.items()}
        self._database.change_all(
            "INSERT OR IGNORE INTO piece VALUES (?, ?)",
            [(digest, encoded_name(text)) for digest, text in {**texts, code: parts}.items()],
        )

    # Reading -----------------------------------------------------------------------------

    def runs(self, most: int | None = None, before: int | None = None) -> Iterator[PastRun]:
        """Yield runs, the last one first; `before` leaves out those from an id on."""
        found = f"SELECT {RUN} FROM run WHERE id < ? ORDER BY id DESC LIMIT ?"
        end = NO_ID if before is None else before
        for row in self._database.rows(found, end, -1 if most is None else most):
            yield self._counted(decoded_run(*row))

    def run(self, number: int) -> PastRun | None:
        """Return one run, None if there was none of that number."""
        row = self._database.row(f"SELECT {RUN} FROM run WHERE id = ?", number)
        return None if row is None else self._counted(decoded_run(*row))

    def _counted(self, run: PastRun) -> PastRun:
        """Return a run with its attempts counted: what did not end has not said how many."""
        if run.ended is not None:
            return run
        found = "SELECT state, count(*) FROM attempt WHERE run = ? GROUP BY state"
        return structs.replace(run, counts=dict(self._database.rows(found, run.id)))

    def before(self, run: int) -> int | None:
        """Return the number of the run before one, None if there is none."""
        row = self._database.row("SELECT max(id) FROM run WHERE id < ?", run)
        return None if row[0] is None else int(row[0])

    def attempts(self, run: int) -> Iterator[PastAttempt]:
        """Yield the attempts of a run in the order in which they ended."""
        found = f"SELECT {ATTEMPT} FROM attempt WHERE run = ? ORDER BY id"
        for row in self._database.rows(found, run):
            yield decoded_attempt(*row)

    def attempts_at(self, stage: str, most: int | None = None) -> Iterator[PastAttempt]:
        """Yield the attempts at a stage, the last one first."""
        found = f"SELECT {ATTEMPT} FROM attempt WHERE stage = ? ORDER BY id DESC LIMIT ?"
        name = encoded_name(stage)
        for row in self._database.rows(found, name, -1 if most is None else most):
            yield decoded_attempt(*row)

    def attempts_below(self, name: str, most: int | None = None) -> Iterator[PastAttempt]:
        """Yield the attempts at a stage or the sub-tasks of a group, the last one first."""
        first, behind = encoded_name(f"{name}:"), encoded_name(f"{name};")
        # A name that is no text sorts behind all that are.
        raw = (f"{name}{end}".encode("utf-8", "surrogatepass") for end in ":;")
        below = "stage = ? OR (stage >= ? AND stage < ?) OR (stage >= ? AND stage < ?)"
        found = f"SELECT {ATTEMPT} FROM attempt WHERE {below} ORDER BY id DESC LIMIT ?"
        names = encoded_name(name), first, behind, *raw
        for row in self._database.rows(found, *names, -1 if most is None else most):
            yield decoded_attempt(*row)

    def good_until(self, number: int, stage: str) -> Iterator[PastAttempt]:
        """Yield the good attempts at a stage whose ids are not greater, the last one first."""
        condition = "stage = ? AND id <= ? AND state = 'built'"
        found = f"SELECT {ATTEMPT} FROM attempt WHERE {condition} ORDER BY id DESC"
        for row in self._database.rows(found, encoded_name(stage), number):
            yield decoded_attempt(*row)

    def behind(self, run: int) -> int:
        """Return the greatest id of an attempt when a run was over, 0 if there was none."""
        row = self._database.row("SELECT max(id) FROM attempt WHERE run = ?", run)
        if row[0] is None:
            row = self._database.row("SELECT max(id) FROM attempt WHERE run < ?", run)
        return int(row[0] or 0)

    def stages(self) -> list[str]:
        """Return the names of the stages that were ever attempted, sorted."""
        rows = self._database.rows("SELECT DISTINCT stage FROM attempt")
        return sorted(decoded_name(name) for (name,) in rows)

    def stages_between(self, behind: int, until: int) -> list[str]:
        """Return the names of the stages with an attempt in a range of ids, sorted."""
        found = "SELECT DISTINCT stage FROM attempt WHERE id > ? AND id <= ?"
        return sorted(decoded_name(name) for (name,) in self._database.rows(found, behind, until))

    def attempt(self, number: int) -> PastAttempt | None:
        """Return one attempt, None if there was none of that number."""
        row = self._database.row(f"SELECT {ATTEMPT} FROM attempt WHERE id = ?", number)
        return None if row is None else decoded_attempt(*row)

    def ended_since(self, number: int, most: int) -> list[tuple[int, str, AttemptState]]:
        """Return id, stage and end of the first attempts with greater ids, in their order."""
        found = "SELECT id, stage, state FROM attempt WHERE id > ? ORDER BY id LIMIT ?"
        return [
            (row, decoded_name(stage), AttemptState(state))
            for row, stage, state in self._database.rows(found, number, most)
        ]

    def failed_in(self, run: int, most: int) -> list[str]:
        """Return the first stages that failed in a run."""
        found = "SELECT DISTINCT stage FROM attempt WHERE run = ? AND state = ? LIMIT ?"
        rows = self._database.rows(found, run, AttemptState.FAILED.value, most)
        return [decoded_name(stage) for (stage,) in rows]

    def totals(self) -> list[tuple[str, int, float]]:
        """Return how many attempts ended in each state, and how many seconds they took together."""
        found = "SELECT state, count(*), total(seconds) FROM attempt GROUP BY state ORDER BY state"
        return [tuple(row) for row in self._database.rows(found)]

    def last_attempt(self) -> int:
        """Return the id of the attempt that ended last, 0 if there was none."""
        row = self._database.row("SELECT max(id) FROM attempt")
        return int(row[0] or 0)

    def code(self, details: Details) -> dict[str, str]:
        """Return the digests of the pieces of code that an attempt ran, by name."""
        found = self.source(details.code)
        return {} if found is None else json.loads(found)

    def source(self, digest: str) -> str | None:
        """Return the text of a piece of code, None if it is not known."""
        row = self._database.row("SELECT body FROM piece WHERE digest = ?", digest)
        return None if row is None else decoded_name(row[0])
