"""Keeps secrets out of what is recorded and shown: they stand as the name they come from."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blake3 import blake3

SECRET_NAME = re.compile(
    r"passw|secret|token|credential|(api|access|private)[_-]?key", re.IGNORECASE
)

# What stands in place of a value that must not be known, where no digest of it is needed.
HIDDEN = "(hidden)"

# A shorter value is too likely to stand in a text for another reason.
SHORTEST_SECRET = 6

# Where a secret may begin is looked for by so many of its characters.
SHORTEST_START = 4


def redact(text: str) -> str:
    """Return a text with the value of every secret environment variable replaced by its name.

    A variable is secret when its name says so: PASSWORD, SECRET, TOKEN, API_KEY and the like.
    """
    for name, value in _secrets() if text else ():
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
    if not text:
        return text

    def hide(found: re.Match[str]) -> str:
        name, value = found.groups()
        return f"{name}={HIDDEN}" if value and is_secret(name) else found[0]

    return redact(re.sub(r"(?<!\S)(\w+)=(.*?)(?=\s\w+=|\Z)", hide, text, flags=re.DOTALL))


@functools.lru_cache(1024)
def is_secret(name: str) -> bool:
    """Whether the name of a value says that it is one to be kept."""
    return SECRET_NAME.search(name) is not None


def _secrets() -> Iterator[tuple[str, str]]:
    """Yield the names and values of the secret variables that this process has now."""
    # Most of them are none: their raw form is looked through in a tenth of the time.
    raw: Mapping[Any, Any] = getattr(os.environ, "_data", os.environ)
    for name in filter(_is_secret, raw):
        value = os.fsdecode(raw[name])
        if len(value) >= SHORTEST_SECRET:
            yield os.fsdecode(name), value


class Secrets:
    """The values of secret variables that this process has, and those it had since this was made.

    `further` are variables of what this process starts. `in_lines` says that no value goes on over
    the end of a line.
    """

    in_lines = True

    def __init__(self, further: Mapping[str, str] | None = None) -> None:
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._looked_at: Mapping[Any, Any] = {}
        self._add((further or {}).items())

    @property
    def values(self) -> Mapping[str, str]:
        """The names of variables by their values."""
        self._look()
        return self._names

    def hidden(self, text: str) -> str:
        """Return a text with the secrets in it replaced by their names."""
        pattern = self._pattern
        return text if pattern is None else pattern.sub(self._named, text)

    def straddling(self, text: str, place: int) -> int:
        """Return where a secret begins that lies on both sides of a place, else the place."""
        for found in () if self._pattern is None else self._pattern.finditer(text):
            if found.start() < place < found.end():
                return found.start()
        return place

    def _named(self, found: re.Match[str]) -> str:
        return f"${self._names[found[0]]}"

    def _look(self) -> None:
        """Take in what an action may have put into the environment meanwhile."""
        raw: Mapping[Any, Any] = getattr(os.environ, "_data", os.environ)
        if raw != self._looked_at:
            self._looked_at = dict(raw)
            self._add(_secrets())

    def _add(self, variables: Iterable[tuple[str, str]]) -> None:
        found = {v: n for n, v in variables if len(v) >= SHORTEST_SECRET and is_secret(n)}
        if not found.keys() <= self._names.keys():
            self._names = {**found, **self._names}
            longest_first = sorted(self._names, key=len, reverse=True)
            self._pattern = _pattern(tuple(longest_first))
            self.in_lines = not any("\n" in value for value in self._names)


@functools.lru_cache(1024)
def _is_secret(name: bytes | str) -> bool:
    return is_secret(os.fsdecode(name))


@functools.lru_cache(16)
def _pattern(values: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, values)))


class Redactor:
    """Redacts a text that comes in pieces: a secret may begin in one and end in another."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held = ""

    def redacted(self, piece: str, *, last: bool = False) -> str:
        """Return what is certain of the text by now.

        An end of it that may be the beginning of a secret is held back, unless it is the last.
        """
        if not piece and not (last and self._held):
            return ""
        values = self._secrets.values
        if not values:
            return piece
        text = self._held + piece
        certain = len(text)
        # Most secrets have no line of their own, and most pieces are whole lines.
        if not last and not (text.endswith("\n") and self._secrets.in_lines):
            certain = min(_certain(text, value) for value in values)
        if certain < len(text):
            certain = self._secrets.straddling(text, certain)
        self._held = text[certain:]
        return self._secrets.hidden(text[:certain])


def _certain(text: str, secret: str) -> int:
    """Return how much of a text comes before an end of it that a secret may begin with."""
    first, start = max(0, len(text) - len(secret) + 1), secret[:SHORTEST_START]
    for place in _places(text, start, first):
        if secret.startswith(text[place:]):
            return place
    return len(text)


def _places(text: str, start: str, first: int) -> Iterator[int]:
    place = text.find(start, first)
    while place >= 0:
        yield place
        place = text.find(start, place + 1)
    yield from range(max(first, len(text) - len(start) + 1), len(text))
