"""Sub-tasks of a group that changed alike between two runs, told as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from datamake.comparison import Change, StageChange
from datamake.show import words

# So many are told one by one, as elsewhere names are listed.
MOST = 3


def verb(change: Change) -> str:
    """Return what happened to something, in a word."""
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"


def folded(stages: Iterable[StageChange]) -> Iterator[list[StageChange]]:
    """Yield stages in lots, each to be told as one; `stages` are in the order of their names.

    Several are sub-tasks of one group that changed alike: the same code and parameters, the same
    arguments, whatever their values, and inputs and outputs in the same way. All others are lots
    of one, and so are a few that changed alike.
    """
    for (_, colon), found in groupby(stages, lambda change: change.stage.partition(":")[:2]):
        alike: dict[Hashable, list[StageChange]] = {}
        for change in found:
            alike.setdefault(_likeness(change), []).append(change)
        for several in alike.values():
            if colon and len(several) > MOST:
                yield several
            else:
                yield from ([one] for one in several)


def _likeness(found: StageChange) -> Hashable:
    attempts = found.before, found.after
    return (
        tuple(None if attempt is None else attempt.run for attempt in attempts),
        found.outcome,
        found.parameters,
        found.code,
        frozenset((change.name, verb(change)) for change in found.arguments),
        frozenset(map(verb, found.inputs)),
        frozenset(map(verb, found.outputs)),
    )


def heading(lot: Sequence[StageChange]) -> tuple[str, str]:
    """Return what a lot is called, and which stages it is of if it is not one."""
    names = [change.stage for change in lot]
    if len(names) == 1:
        return names[0], ""
    return f"{names[0].partition(':')[0]}:*", f"{len(names):,} alike: {words.listed(names, MOST)}"


def in_common(lot: Sequence[Sequence[Change]]) -> list[Change]:
    """Return the changes that all of a lot have, of the changes that each of it has."""
    counts = Counter(_text(change) for changes in lot for change in changes)
    return [change for change in lot[0] if counts[_text(change)] == len(lot)]


def of_their_own(lot: Sequence[Sequence[Change]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the other changes of a lot: what happened, and the names of what it happened to."""
    common = {_text(change) for change in in_common(lot)}
    names: dict[str, dict[str, None]] = {}
    for changes in lot:
        for change in changes:
            if _text(change) not in common:
                names.setdefault(verb(change), {})[change.name] = None
    yield from ((what, list(found)) for what, found in names.items())


def _text(change: Change) -> tuple[Any, ...]:
    # A person's own state of a file may be anything.
    return change.name, repr(change.before), repr(change.after)
