"""What differs between two runs, as the page answers it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from datamake.comparison import compare
from datamake.history import History
from datamake.serve.bounded import MOST_ENTRIES, Bounds
from datamake.show import answers
from datamake.store import Store

# All attempts in between are looked at: more take longer than a request may.
MOST_ATTEMPTS = 50_000


class TooFarError(Exception):
    """So many attempts lie between two runs that no request can wait; the text says what can."""


def difference(store: Store, first: int, second: int) -> dict[str, Any]:
    """Return what `doit diff FIRST SECOND --json` does, and whether any of it is left out.

    Raises KeyError where there is no such run, and TooFarError.
    """
    history = store.history
    before, after = history.run(first), history.run(second)
    if before is None or after is None:
        raise KeyError((first, second))
    _require_near(history, first, second)
    stages = list(islice(compare(history, before, after), MOST_ENTRIES + 1))
    bounds = Bounds()
    told = bounds.within(answers.difference((before, after), stages, history.source))
    return {"version": answers.VERSION, **told, "truncated": bounds.exceeded}


def _require_near(history: History, first: int, second: int) -> None:
    begin = history.before(min(first, second))
    start = 0 if begin is None else history.behind(begin)
    attempts = history.behind(max(first, second)) - start
    if attempts > MOST_ATTEMPTS:
        raise TooFarError(
            f"there are {attempts:,} attempts in these runs and between them, which takes too long"
            f" here: type `doit diff {first} {second}`"
        )
