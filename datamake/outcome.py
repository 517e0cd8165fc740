"""What became of each stage of a run, for whoever reports it."""

from __future__ import annotations

from collections.abc import Iterable

from doit.exceptions import UnmetDependency
from msgspec import Struct

from datamake.model import Verdict


class Output(Struct, frozen=True):
    """A target that was built; `size` in bytes, of a folder with all that is in it."""

    path: str
    size: int


class Failure(Struct, frozen=True):
    """Why a stage failed, for a person: what, where in their code, what is left to look at.

    `where` holds places in the project's own code, outermost first, as (place, line of code).
    `partial` are the unfinished
    targets, and `traceback` the file with the whole traceback, "" if there was no exception.
    """

    what: str
    where: tuple[tuple[str, str], ...] = ()
    partial: tuple[str, ...] = ()
    traceback: str = ""


class Outcome(Struct):
    """What one attempt did; `notes` are lines for the person, `seconds` how long it took.

    `unfinished` is where what the attempt left of the targets is, None where that is not known.
    `number` is which of the attempts that the stage's retries allow it was, `log` the path of its
    log, "" where there is none.
    """

    verdict: Verdict
    seconds: float = 0.0
    outputs: tuple[Output, ...] = ()
    notes: list[str] = []
    failure: Failure | None = None
    unfinished: tuple[str, ...] | None = None
    number: int = 1
    log: str = ""


class NeedsFailed(UnmetDependency):
    """A stage was not begun since others failed, whose names are `needs`: they may have spaces."""

    def __init__(self, needs: Iterable[str]) -> None:
        self.needs = tuple(needs)
        super().__init__(" ".join(self.needs))

    def get_name(self) -> str:
        """Return what doit's reporters call it."""
        return "UnmetDependency"


class Outcomes(dict[str, Outcome]):
    """The outcome of each stage that was attempted, by name."""

    @property
    def any_begun(self) -> bool:
        """Whether an attempt at any of them has begun."""
        return any(outcome.seconds for outcome in self.values())
