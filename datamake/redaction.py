"""Keeps secrets out of what is recorded and shown: they stand as the name they come from."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator

from blake3 import blake3

SECRET_NAME = re.compile(r"passw|secret|token|credential|api_?key|access_?key|private_?key", re.I)

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


@functools.lru_cache(1024)
def is_secret(name: str) -> bool:
    """Whether the name of a value says that it is one to be kept."""
    return SECRET_NAME.search(name) is not None


def _secrets() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if len(value) >= SHORTEST_SECRET and is_secret(name):
            yield name, value
