"""How a stage is to be run: what a project says, what a task says, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake.policy import Policies, Policy, Retention


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


def test_which_logs_are_kept_is_for_the_whole_project() -> None:
    policies = Policies({"logs_keep": 5, "logs_days": 1.5, "logs_size": "2 MB", "logs": False})
    assert policies.retention == Retention(logs_keep=5, logs_days=1.5)
    assert policies.default == Policy(logs=False, logs_size=2_000_000)
    assert policies.of(task(logs=True, logs_size=10)) == Policy(logs=True, logs_size=10)
    with pytest.raises(InvalidTask, match="has no setting 'logs_keep'"):
        policies.of(task(logs_keep=3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"logs_keep": -1}, "Expected `int` >= 0 - at `logs_keep`"),
        ({"logs_days": "x"}, "Expected `float`, got `str` - at `logs_days`"),
        ({"logs_size": "10 X"}, "logs_size: '10 X' is no size: write it as in 500 kB or 2 GB"),
    ],
)
def test_a_wrong_setting_of_logs_is_refused(settings: Any, message: str) -> None:
    with pytest.raises(InvalidTask) as refused:
        Policies(settings)
    assert str(refused.value) == f"[tool.datamake] of pyproject.toml: {message}"
