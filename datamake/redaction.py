"""Keeps secrets out of what is recorded and shown: they stand as the name they come from."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Iterator

from blake3 import blake3

SECRET_NAME = re.compile(
    r"passw|secret|token|credential|(api|access|private)[_-]?key", re.IGNORECASE
)

# What stands in place of a value that must not be known, where no digest of it is needed.
HIDDEN = "(hidden)"

# A shorter value is too likely to stand in a text for another reason.
SHORTEST_SECRET = 6


def redact(text: str) -> str:
    """Return a text with the value of every secret environment variable replaced by its name.

    A variable is secret when its name says so: PASSWORD, SECRET, TOKEN, API_KEY and the like.
    """
    for name, value in _secrets():
        if value in text:
            text = text.replace(value, f"${name}")
    return text


def redact_value(name: str, text: str) -> str:
    """Return the text of a named value; a string whose name says it is secret, by its digest.

    So a change of it still shows as one. Numbers stay: `max_tokens=100` is no secret.
    """
    if is_secret(name) and text[:1] in ("'", '"', "b"):
        return f"(hidden, blake3 {blake3(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]})"
    return redact(text)


def redact_command(command: str) -> str:
    """Return a command line without the values of secrets: of `token=...` and `--token ...` too."""
    words, behind_secret = [], False
    for word in shlex.split(command):
        name, equals, value = word.partition("=")
        if behind_secret and not word.startswith("-"):
            words.append(HIDDEN)
        elif value and is_secret(name):
            words.append(f"{name}={HIDDEN}")
        else:
            words.append(redact(word))
        behind_secret = word.startswith("--") and not equals and is_secret(word)
    return shlex.join(words)


def redact_parameters(text: str) -> str:
    """Return values of parameters as one would type them, `n=20 token=...`, without secrets."""

    def hide(found: re.Match[str]) -> str:
        name, value = found.groups()
        return f"{name}={HIDDEN}" if value and is_secret(name) else found[0]

    return redact(re.sub(r"(?<!\S)(\w+)=(.*?)(?=\s\w+=|\Z)", hide, text, flags=re.DOTALL))


@functools.lru_cache(1024)
def is_secret(name: str) -> bool:
    """Whether the name of a value says that it is one to be kept."""
    return SECRET_NAME.search(name) is not None


def _secrets() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if len(value) >= SHORTEST_SECRET and is_secret(name):
            yield name, value
