"""Secrets of the environment stand as their names wherever a text is kept."""

from __future__ import annotations

import itertools

import pytest

from datamake.redaction import Redactor, Secrets, redact, redact_typed, redact_value


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


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("doit load n=2", "doit load n=2"),
        ("password=abc", "password=(hidden)"),
        ("api_key=a b c n=2", "api_key=(hidden) n=2"),
        ("doit 'password=a b' n=2", "doit 'password=(hidden) n=2"),
    ],
)
def test_a_typed_value_with_a_secret_name_is_hidden(typed: str, shown: str) -> None:
    assert redact_typed(typed) == shown


SECRETS = {
    "A_TOKEN": "abcdef",
    "LONG_TOKEN": "abcdefgh",  # begins with the first
    "CROSS_SECRET": "efabc--",  # begins within the first
    "PRIVATE_KEY": "-----BEGIN\nKEY\n-----END",
}
TEXTS = [
    "abcdef",
    "abcdefgh and abcdefg",
    "xxabcdefabc--yy",
    "--------BEGIN\nKEY\n-----END-----BEGIN\nKEY\nno",
    "aabcdeabcdefghabcde",
    "nothing to hide, abc",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_is_found_however_the_text_is_cut(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    secrets = Secrets()
    assert secrets.values
    whole = secrets.hidden(text)
    for first, second in itertools.combinations_with_replacement(range(len(text) + 1), 2):
        redactor = Redactor(secrets)
        pieces = [text[:first], text[first:second], text[second:]]
        parts = [redactor.redacted(piece) for piece in pieces]
        assert "".join(parts) + redactor.redacted("", last=True) == whole


def test_what_can_be_no_secret_is_not_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "abcdef")
    redactor = Redactor(Secrets())
    assert redactor.redacted("a line\n") == "a line\n"
    assert redactor.redacted("an end ab") == "an end "
    assert redactor.redacted("x") == "abx"


def test_a_secret_that_an_action_loads_or_drops_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = Redactor(Secrets({"DB_PASSWORD": "of a command"}))
    monkeypatch.setenv("A_TOKEN", "abcdef")
    assert redactor.redacted("abcdef, of a command\n") == "$A_TOKEN, $DB_PASSWORD\n"
    monkeypatch.setenv("A_TOKEN", "uvwxyz")
    assert redactor.redacted("abcdef uvwxyz\n") == "$A_TOKEN $A_TOKEN\n"
    monkeypatch.delenv("A_TOKEN")
    assert redactor.redacted("abcdef\n") == "$A_TOKEN\n"
