"""Who builds now: the holders of leases that live, and which of their workers act for whom."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from datamake.assignments import assigned
from datamake.past import PastRun
from datamake.process import FOLDER, Process
from datamake.serve.confined import ConfinedError, confined
from datamake.store_rows import Underway

MOST_BYTES = 64 * 1024


def living(holders: list[Underway]) -> list[Underway]:
    """Return the attempts whose process lives, as far as can be seen from here."""
    alive: dict[Process, bool] = {}
    for one in holders:
        if one.process not in alive:
            alive[one.process] = one.process.alive is not False
    return [one for one in holders if alive[one.process]]


def workers(
    project: str, holders: Iterable[Underway], runs: Iterable[PastRun]
) -> Mapping[str, int]:
    """Return the numbers of the processes that act, by the tokens of attempts.

    A run of several processes says which is at work for whom; one that builds one stage at a time
    does it itself. Of all others that is not known.
    """
    alone = {run.process for run in runs if run.workers <= 1}
    said: dict[Process, Mapping[str, int]] = {}
    found: dict[str, int] = {}
    for one in holders:
        if one.process not in said:
            said[one.process] = _said(project, one.process)
        itself = one.process.pid if one.process in alone else 0
        found[one.token] = said[one.process].get(one.token, itself)
    return {token: number for token, number in found.items() if number}


def _said(project: str, process: Process) -> Mapping[str, int]:
    folder = os.path.join(project, FOLDER)
    try:
        with confined(os.path.join(folder, process.name), folder) as descriptor:
            return assigned(os.pread(descriptor, MOST_BYTES, 0))
    except (ConfinedError, OSError):
        return {}  # it has ended, or could make no file
