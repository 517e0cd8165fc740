"""Judges a project for the page: a program of its own, since it imports the person's code."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from blake3 import blake3
from doit.doit_cmd import DoitMain
from doit.task import Task
from msgspec import structs

from datamake.commands.graph import Graph
from datamake.model import Reason, State, Why
from datamake.serve.snapshot import Snapshot, to_bytes
from datamake.worker import die_with

if TYPE_CHECKING:
    from datamake.picture.model import Judged, Part

NAME = "serve-snapshot"

# The build has the machine first.
NICENESS = 10
MOST_DIFF_LINES = 400
MOST_LETTERS = 4_000
MOST_REASONS = 50  # of a kind


class TakeSnapshot(Graph):
    """Write a snapshot of all tasks to a file that is open already."""

    name = NAME
    cmd_options = (  # type: ignore[assignment]
        {"name": "descriptor", "type": int, "default": -1, "long": "descriptor", "help": "where"},
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._parameters: dict[str, str] = {}
        self._diffs: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._reason_counts: dict[str, dict[str, int]] = {}

    def _execute(self, descriptor: int, pos_args: list[str]) -> int:  # type: ignore[override]
        from datamake.picture.selection import EVERYTHING

        taken = time.time()
        last = self.dep_manager.store.history.last_attempt()
        shown, judged = self._judged(pos_args, (EVERYTHING, EVERYTHING), durations=True)
        snapshot = Snapshot(
            parts={name: _cut(part) for name, part in shown.items()},
            judged=judged,
            parameters=self._parameters,
            diffs=self._diffs,
            texts=self._texts,
            reason_counts=self._reason_counts,
            store=os.path.abspath(self.dep_manager.name),
            last_attempt=last,
            taken=taken,
        )
        with open(descriptor, "wb") as file:
            file.write(to_bytes(snapshot))
        return 0

    def _one(
        self, task: Task, verdict: Any, states: Mapping[str, State], *, durations: bool
    ) -> Judged:
        values = self.loader.creators.values_of(task.name)
        if values:
            self._parameters[task.name] = values
        if any(reason.why is Why.ACTION_CHANGED for reason in verdict.reasons):
            self._compare(task, verdict)
        judged = super()._one(task, verdict, states, durations=durations)
        return structs.replace(judged, reasons=self._first(task.name, judged.reasons))

    def _first(self, stage: str, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
        """Return the first reasons of each kind; where that leaves some out, keep their number."""
        counts: Counter[str] = Counter()
        found = []
        for reason in reasons:
            counts[reason.why.value] += 1
            if counts[reason.why.value] <= MOST_REASONS:
                found.append(_cut_reason(reason))
        if len(found) < len(reasons):
            self._reason_counts[stage] = dict(counts)
        return tuple(found)

    def _compare(self, task: Task, verdict: Any) -> None:
        """Keep what changed in the code of a stage; those of one creator share the text."""
        from datamake.show.explanation import changed_code

        seen = self.dep_manager.seen.get(task.name)
        record = self.dep_manager.judge.known(task).record
        if seen is None or record is None:
            return
        lines = list(changed_code(verdict.reasons, seen, record))
        more = len(lines) - MOST_DIFF_LINES
        if more > 0:
            lines[MOST_DIFF_LINES:] = [f"... and {more:,} lines more (`doit why {task.name}`)"]
        text = "\n".join(lines)
        digest = blake3(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._diffs[task.name] = digest
        self._texts[digest] = text


def _cut(part: Part) -> Part:
    """Return a task without a doc that is a book: pages are made of what is in memory."""
    return structs.replace(part, doc=_text(part.doc)) if len(part.doc) > MOST_LETTERS else part


def _cut_reason(reason: Reason) -> Reason:
    texts = (reason.subject, reason.before, reason.after)
    if all(len(text or "") <= MOST_LETTERS for text in texts):
        return reason
    subject, before, after = (text and _text(text) for text in texts)
    return Reason(reason.why, subject or "", before, after)


def _text(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def main() -> NoReturn:
    """Take a snapshot of the project in this folder: `main` of the process that looks."""
    # A server that is killed leaves nothing that judges on.
    die_with(os.getppid())
    os.nice(NICENESS)
    place = f"{TakeSnapshot.__module__}:{TakeSnapshot.__name__}"
    command = DoitMain(extra_config={"COMMAND": {NAME: place}})
    command.BIN_NAME = "doit"
    sys.exit(command.run([NAME, *sys.argv[1:]]))
