"""How a stage is to be run: retries, time limit, audit; for one stage, or for all of a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from doit.exceptions import InvalidTask
from doit.task import Task
from msgspec import Meta, Struct

from datamake.parameters.scalars import read_duration
from datamake.resources import checked_limits
from datamake.show.words import read_size
from datamake.spelling import hint

Seconds = Annotated[float, Meta(ge=0)]
Amount = Annotated[float, Meta(ge=0)]


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one stage.

    `retries` is how often a failed attempt is repeated, the first time after `retry_delay`
    seconds and after twice as long each further time. An attempt is ended after `timeout`
    seconds. `audit` says what to do about files that a Python action opens and does not declare,
    `audit_commands` about those that a command opens. `depends_on` names installed packages whose
    versions count as part of the action. `resources` is how much the actions need of each while
    they run; in the settings of a project the same word stands for how much there is. What an
    attempt's actions write is logged unless `logs` is false, at most `logs_size` bytes of it.
    """

    retries: Annotated[int, Meta(ge=0)] = 0
    retry_delay: Seconds = 1.0
    timeout: Seconds | None = None
    audit: Literal["off", "warn", "error"] = "warn"
    depends_on: tuple[str, ...] = ()
    audit_commands: Literal["off", "warn", "error"] = "off"
    resources: dict[str, Amount] = {}
    logs: bool = True
    logs_size: Annotated[int, Meta(ge=0)] = 100_000_000


class Retention(Struct, frozen=True):
    """How many logs a project keeps at most, and for how many days."""

    logs_keep: Annotated[int, Meta(ge=0)] = 1_000
    logs_days: Annotated[float, Meta(ge=0)] = 30.0


RESOURCES = "resources"
OF_PROJECT = (RESOURCES, *Retention.__struct_fields__)
DURATIONS = ("retry_delay", "timeout")
SIZES = ("logs_size",)
PLACE_OF_PROJECT = "[tool.datamake] of pyproject.toml"


class Policies:
    """The policies of a project's stages: its own settings, and what a task's meta says.

    `limits` is how much there is of each named resource, `retention` which logs are kept.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        for_all = {name: value for name, value in settings.items() if name not in OF_PROJECT}
        self.default = _read({}, for_all, PLACE_OF_PROJECT)
        self.retention = _retention(settings)
        self.limits = checked_limits(settings.get(RESOURCES, {}))
        self._settings = for_all

    def of(self, task: Task) -> Policy:
        """Return a task's policy. Raises InvalidTask where its meta can't be read."""
        own = (task.meta or {}).get("datamake")
        if own is None:
            return self.default
        return _read(self._settings, own, f'meta["datamake"] of {task.name}')


def _retention(settings: Mapping[str, Any]) -> Retention:
    names = Retention.__struct_fields__
    try:
        return msgspec.convert({n: settings[n] for n in names if n in settings}, Retention)
    except msgspec.ValidationError as error:
        raise InvalidTask(f"{PLACE_OF_PROJECT}: {_told(error)}") from None


def _told(error: Exception) -> str:
    return str(error).replace("`$.", "`")


def _read(default: Mapping[str, Any], own: Mapping[str, Any], place: str) -> Policy:
    known = Policy.__struct_fields__
    if not isinstance(own, Mapping):
        raise InvalidTask(f"{place} is no table of settings: {own!r}")
    for name in own:
        if name not in known:
            meant = hint(name, known, f": known: {', '.join(known)}")
            raise InvalidTask(f"{place} has no setting {name!r}{meant}")
    try:
        values = {name: _plain(name, value) for name, value in {**default, **own}.items()}
        return msgspec.convert(values, Policy)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise InvalidTask(f"{place}: {_told(error)}") from None


def _plain(name: str, value: Any) -> Any:
    """Return a duration as seconds, a size as bytes, and all else as it is."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str) and name in SIZES:
        try:
            return read_size(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if isinstance(value, str) and name in DURATIONS:
        try:
            return read_duration(value).total_seconds()
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return value
