"""Secrets of the environment stand as their names wherever a text is kept."""

from __future__ import annotations

import itertools

import pytest

from datamake.redaction import (
    Redactor,
    Secrets,
    redact,
    redact_command,
    redact_parameters,
    redact_value,
)


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
    ("typed", "kept"),
    [
        ("doit squares n=20", "doit squares n=20"),
        ("doit fetch token=abc n=1", "doit fetch 'token=(hidden)' n=1"),
        ("doit fetch 'password=two words' -a", "doit fetch 'password=(hidden)' -a"),
        ("doit fetch --api-key abc x", "doit fetch --api-key '(hidden)' x"),
        ("doit fetch --api-key=abc x", "doit fetch '--api-key=(hidden)' x"),
        ("doit fetch --token --all", "doit fetch --token --all"),
        ("doit fetch token=", "doit fetch token="),
    ],
)
def test_what_was_typed_is_kept_without_secrets(typed: str, kept: str) -> None:
    assert redact_command(typed) == kept


def test_a_secret_variable_in_a_word_with_quotes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "it's me")
    assert redact_command("""doit "key=it's me\"""") == "doit 'key=$MY_SECRET'"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("n=20 since=2020-01-01", "n=20 since=2020-01-01"),
        ("n=20 token=abc m=2", "n=20 token=(hidden) m=2"),
        ("token=a b c n=2", "token=(hidden) n=2"),
        ("my_api_key=a=b", "my_api_key=(hidden)"),
        ("token=", "token="),
    ],
)
def test_values_of_parameters_are_kept_without_secrets(typed: str, kept: str) -> None:
    assert redact_parameters(typed) == kept


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
