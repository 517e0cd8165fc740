"""Fills a store with a long past, through what a run itself records with."""

from __future__ import annotations

import os
import time

from datamake.database import Database
from datamake.model import AttemptState, Meaning, Record, Stage
from datamake.past import Details, PastAttempt, PastRun, RunState
from datamake.process import Process
from datamake.store import Store

NOTHING = "0" * 64
MEANING = Meaning({"dodo.py:copy": NOTHING[:32]}, {}, {"dodo.py:copy": "def copy(): ..."})


def remember_runs(folder: str, count: int) -> None:
    """Record as many runs, each with an attempt at the project's only stage."""
    database, store = _opened(folder)
    process, now = Process.current(), time.time()
    with database.transaction():
        for number in range(count):
            begun = now - count + number
            run = store.history.begin(PastRun(0, process, "ada", "doit", NOTHING[:40], 1, begun))
            details = Details(inputs={"in/0": NOTHING}, outputs={"out/0": NOTHING})
            built = PastAttempt(0, run, "copy:0", AttemptState.BUILT, begun, 0.1, details)
            store.history.attempted(built, MEANING)
            store.history.end(run, RunState.DONE, {AttemptState.BUILT.value: 1})
    store.close()


def remember_stages(folder: str, count: int) -> None:
    """Record builds of as many stages, which the project does not have any more."""
    database, store = _opened(folder)
    with database.transaction():
        for number in range(count):
            target = f"old/{number}"
            record = Record(
                stage=f"old:{number}",
                targets=(target,),
                meaning=MEANING,
                checker="content",
                inputs={f"in/{number}": NOTHING},
                outputs={target: NOTHING},
            )
            store.commit(Stage(record.stage, tuple(record.inputs), record.targets), record)
    store.close()


def _opened(folder: str) -> tuple[Database, Store]:
    database = Database(os.path.join(folder, ".datamake", "store.sqlite"))
    return database, Store(database)
