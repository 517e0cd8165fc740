"""Past runs and attempts as text: the last runs, one run, the attempts at a stage."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from datamake.model import AttemptState
from datamake.past import PastAttempt, PastRun, RunState
from datamake.show import words
from datamake.show.table import Column, table
from datamake.store_rows import Underway

RUNS = (
    Column("run", right=True),
    Column("when"),
    Column("took", right=True),
    Column("outcome"),
    Column("built", right=True),
    Column("failed", right=True),
    Column("commit"),
    Column("who", least=7),
    Column("parameters", least=10),
    Column("command", least=7),
)
AT_STAGE = (
    Column("run", right=True),
    Column("when"),
    Column("took", right=True),
    Column("state"),
    Column("commit"),
    Column("stage", least=12),
    Column("parameters", least=10),
    Column("reasons", least=14),
)
IN_RUN = (
    Column("state"),
    Column("took", right=True),
    Column("stage", least=16),
    Column("parameters", least=10),
    Column("reasons", least=14),
)
SHORT_COMMIT = 12
# With less room a day is shown without its year, and so much of a commit.
ROOM_FOR_ALL = 100
SHORTEST_COMMIT = 7
# What a person looks for first.
ORDER = {AttemptState.FAILED: 0, AttemptState.INTERRUPTED: 1}


def run_lines(runs: Sequence[PastRun], width: int | None) -> Iterator[str]:
    """Yield a table of runs. What is the same everywhere, or told by another column, gives way."""
    alone = len({who(run) for run in runs}) == 1
    spared = ("who", "built", "failed") if alone else ("built", "failed", "who")
    rows = [_run_row(run, width) for run in runs]
    return table(RUNS, rows, width, (*spared, "commit", "parameters", "took"))


def _run_row(run: PastRun, width: int | None) -> list[str]:
    counts = run.counts
    return [
        str(run.id),
        _when(run.started, width),
        took(run),
        run.state.value,
        str(counts.get("built", 0)),
        str(counts.get("failed") or ""),
        _commit(run, width),
        who(run),
        run.parameters,
        run.command,
    ]


def _when(seconds: float, width: int | None) -> str:
    """Return a time to the minute; where there is little room, without its year, or the day."""
    moment = words.moment(seconds)[:-3]
    this_year = words.moment(time.time())[:5]
    if not _is_narrow(width):
        return moment
    return moment[5:] if moment.startswith(this_year) else moment[:10]


def _commit(run: PastRun, width: int | None) -> str:
    return run.commit[:SHORTEST_COMMIT] if _is_narrow(width) else short_commit(run)


def _is_narrow(width: int | None) -> bool:
    return width is not None and width < ROOM_FOR_ALL


def stage_lines(
    attempts: Sequence[PastAttempt], runs: Mapping[int, PastRun], width: int | None
) -> Iterator[str]:
    """Yield a table of attempts at one stage, or at the stages of one group; `runs` by number."""
    several = len({attempt.stage for attempt in attempts}) > 1
    rows = [
        [
            str(attempt.run),
            _when(attempt.started, width),
            _seconds(attempt),
            attempt.state.value,
            _commit(runs[attempt.run], width) if attempt.run in runs else "",
            attempt.stage if several else "",
            attempt.details.parameters,
            _because(attempt),
        ]
        for attempt in attempts
    ]
    return table(AT_STAGE, rows, width, ("commit", "parameters"))


class Wish(Struct, frozen=True):
    """How many attempts at most are to be shown, and how wide lines may be; None for any."""

    most: int | None = None
    width: int | None = None


def one_run_lines(
    run: PastRun, attempts: Sequence[PastAttempt], underway: Sequence[Underway], wish: Wish
) -> Iterator[str]:
    """Yield what there is to say of a run: who and what, then its attempts.

    Failures come first, then what took longest. `underway` is what its process holds still, or
    held when it died.
    """
    from datamake.picture.labels import shown

    yield f"run {run.id}: {run.state.value}"
    about = {
        "command": run.command,
        "who": f"{who(run)}, pid {run.process.pid}",
        "when": words.moment(run.started) + (f", for {took(run)}" if run.ended else ""),
        "commit": run.commit,
        "at once": str(run.workers) if run.workers > 1 else "",
        "stages": ", ".join(f"{count} {state}" for state, count in run.counts.items()),
    }
    yield from (f"  {name:<8} {shown(text)}" for name, text in about.items() if text)
    ordered = sorted(attempts, key=lambda a: (ORDER.get(a.state, 2), -a.seconds))
    rows = [
        [a.state.value, _seconds(a), a.stage, a.details.parameters, _reasons(a)]
        for a in ordered[: wish.most]
    ]
    state = "building" if run.state is RunState.RUNNING else AttemptState.INTERRUPTED.value
    rows = [*([state, "", attempt.stage, "", ""] for attempt in underway), *rows]
    if rows:
        yield ""
        yield from table(IN_RUN, rows, wish.width)
    if wish.most is not None and len(ordered) > wish.most:
        yield f"and {len(ordered) - wish.most:,} more: -n 0 shows all"
    for attempt in ordered:
        yield from map(shown, _failure(attempt))


def _failure(attempt: PastAttempt) -> Iterator[str]:
    details = attempt.details
    if not details.failure:
        return
    yield ""
    what = "was interrupted" if attempt.state is AttemptState.INTERRUPTED else "failed"
    first, *more = details.failure.splitlines()
    yield f"{attempt.stage} {what}: {first}"
    yield from (f"  {line}" for line in more)
    for place, line in details.where:
        yield f"  {place}"
        yield f"      {line}"
    if details.log:
        yield f"  what it printed: {details.log}"


def _because(attempt: PastAttempt) -> str:
    reasons = _reasons(attempt)
    failure = attempt.details.failure.partition("\n")[0]
    return f"{failure} ({reasons})" if failure and reasons else failure or reasons


def _reasons(attempt: PastAttempt) -> str:
    return words.in_a_line(words.by_kind(attempt.details.reasons))


def _seconds(attempt: PastAttempt) -> str:
    # Of one whose process died nobody knows.
    lost = attempt.state is AttemptState.INTERRUPTED and not attempt.seconds
    return "" if lost else words.duration(attempt.seconds)


def took(run: PastRun) -> str:
    """Return how long a run took, "" where it has no end."""
    return "" if run.ended is None else words.duration(max(0.0, run.ended - run.started))


def who(run: PastRun) -> str:
    """Return who ran it, and on which machine."""
    return f"{run.person}@{run.process.host}"


def short_commit(run: PastRun) -> str:
    """Return a commit as one reads it, "" where there was no git."""
    return run.commit[:SHORT_COMMIT]
