"""Secrets of the environment stand as their names wherever a text is kept."""

from __future__ import annotations

import pytest

from datamake.redaction import redact, redact_value


@pytest.mark.parametrize("name", ["PGPASSWORD", "API_KEY", "github_token", "MY_SECRET", "apikey"])
def test_the_value_of_a_secret_variable_stands_as_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2!")
    assert redact("psql postgres://me:hunter2!@db") == f"psql postgres://me:${name}@db"


def test_other_variables_and_short_values_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAVOUR", "vanilla")
    monkeypatch.setenv("TOKEN", "a")
    assert redact("a vanilla cake") == "a vanilla cake"


def test_a_string_with_a_secret_name_is_hidden_and_its_change_still_shows() -> None:
    one, two = redact_value("password", "'abcdef'"), redact_value("password", "'abcdeg'")
    assert one != two
    assert "abcde" not in one + two


def test_a_number_with_a_name_like_a_secret_stays() -> None:
    assert redact_value("max_tokens", "100") == "100"


def test_a_plain_argument_stays() -> None:
    assert redact_value("n", "'20'") == "'20'"
