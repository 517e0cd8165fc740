"""How a stage is to be run: what a project says, what a task says, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.policy import Policies, Policy


def task(**settings: Any) -> Task:
    return Task("t", None, meta={"datamake": settings} if settings else None)


def test_without_settings_a_stage_runs_once_without_limit() -> None:
    assert Policies({}).of(task()) == Policy(0, 1.0, None, "warn", ())


def test_a_task_overrides_the_project_setting_by_setting() -> None:
    policies = Policies({"retries": 2, "timeout": "5m"})
    assert policies.of(task()) == Policy(retries=2, timeout=300.0)
    assert policies.of(task(retries=0)) == Policy(retries=0, timeout=300.0)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(5, 5.0), (0.5, 0.5), ("90s", 90.0), ("1h30m", 5400.0), (timedelta(minutes=2), 120.0)],
)
def test_durations_are_numbers_of_seconds_or_text_or_timedelta(given: Any, seconds: float) -> None:
    assert Policies({}).of(task(timeout=given)).timeout == seconds


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"retrys": 2}, "meta[\"datamake\"] of t has no setting 'retrys': did you mean 'retries'?"),
        ({"retries": -1}, 'meta["datamake"] of t: Expected `int` >= 0 - at `retries`'),
        ({"audit": "loud"}, "meta[\"datamake\"] of t: Invalid enum value 'loud' - at `audit`"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(settings: Any, message: str) -> None:
    with pytest.raises(InvalidTask) as refused:
        Policies({}).of(task(**settings))
    assert str(refused.value) == message


def test_a_wrong_setting_of_the_project_is_refused_at_once() -> None:
    with pytest.raises(InvalidTask, match=r"\[tool.datamake\] of pyproject.toml has no setting"):
        Policies({"nonsense": 1})
