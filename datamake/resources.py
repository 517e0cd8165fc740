"""What stages need beside a processor: named resources, of which there is only so much at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from doit.exceptions import InvalidCommand, InvalidTask

from datamake.spelling import hint

PLACE = "resources of [tool.datamake] in pyproject.toml"

# Amounts such as 0.1 are added and taken away again, which is not exact.
ROUNDING = 1e-9

Amounts = dict[str, float]


def read_limits(text: str) -> Amounts:
    """Return the limits that were typed, as in `memory_gb=16,database=1`. Raises ValueError."""
    limits: Amounts = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, amount = part.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{part!r} is not of the form name=amount")
        limits[name.strip()] = _amount(name.strip(), _read(amount.strip()))
    return limits


def _read(amount: str) -> float | str:
    """Return a number as it was typed; what is none as it is, for the message."""
    try:
        return float(amount)
    except ValueError:
        return amount


def checked_limits(given: Any, place: str = PLACE) -> Amounts:
    """Return limits that stand in a file. Raises InvalidTask where they can't be read."""
    if not isinstance(given, Mapping):
        raise InvalidTask(f"{place} is no table of amounts: {given!r}")
    try:
        return {name: _amount(name, amount) for name, amount in given.items()}
    except ValueError as error:
        raise InvalidTask(f"{place}: {error}") from None


def _amount(name: str, amount: Any) -> float:
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise ValueError(f"{name} is no number: {amount!r}")
    if not 0 <= amount < math.inf:
        raise ValueError(f"{name} must be 0 or more, and not without end: {amount}")
    return amount


def refuse_more_than_there_is(
    needs: Iterable[tuple[str, Mapping[str, float]]], limits: Mapping[str, float]
) -> None:
    """Raise InvalidCommand for a stage that could never be started.

    `needs` are stages by name, each with what it needs. What has no limit is not counted, but for
    a name that looks like a misspelled one.
    """
    for stage, needed in needs:
        for name, amount in needed.items():
            if amount > limits.get(name, math.inf):
                raise InvalidCommand(
                    f"{stage} needs {amount:.12g} of {name}, and there is {limits[name]:.12g}: see"
                    f" --resources, or {PLACE}"
                )
            meant = "" if name in limits else hint(name, limits)
            if meant:
                raise InvalidCommand(f"{stage} needs {name}, which has no limit{meant}")


class Resources:
    """What there is, and what of it is in use."""

    def __init__(self, limits: Mapping[str, float]) -> None:
        self._limits = limits
        self._used: Amounts = {}

    def fits(self, needs: Mapping[str, float]) -> bool:
        """Whether so much is left."""
        return not needs or all(
            self._used.get(name, 0) + amount <= self._limits.get(name, math.inf) + ROUNDING
            for name, amount in needs.items()
        )

    def take(self, needs: Mapping[str, float]) -> None:
        """Have so much in use. Raises ValueError where it is not left."""
        if not self.fits(needs):
            raise ValueError(f"there is not so much left: {needs}")
        for name, amount in needs.items():
            self._used[name] = self._used.get(name, 0) + amount

    def give_back(self, needs: Mapping[str, float]) -> None:
        """Have so much in use no more."""
        for name, amount in needs.items():
            self._used[name] -= amount
