"""Answers of commands as the page gives them: without secrets, and of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datamake.redaction import Secrets

MOST_ENTRIES = 200
MOST_LETTERS = 16_000
MOST_TEXT = 4_000
# Of all texts together.
MOST_IN_ALL = 2_000_000


class Bounds:
    """Keeps within bounds what is told; `exceeded` says that something was left out."""

    def __init__(self) -> None:
        self.exceeded = False
        self._secrets = Secrets(os.environ)
        self._left = MOST_IN_ALL

    def within(self, told: Any) -> Any:
        """Return what JSON can hold with the first entries of each list and mapping.

        Texts are cut, and the values of secrets in them stand as their names. Behind so many
        letters in all, texts and lists are empty.
        """
        if isinstance(told, str):
            return self._text(told)
        if isinstance(told, Mapping):
            return {key: self.within(told[key]) for key in self._first(list(told))}
        if isinstance(told, list | tuple):
            return list(self._entries(told))
        return told

    def _entries(self, told: Sequence[Any]) -> Iterator[Any]:
        for entry in self._first(told):
            if self._left <= 0:
                self.exceeded = True
                return
            yield self.within(entry)

    def _first(self, entries: Any) -> Any:
        self.exceeded |= len(entries) > MOST_ENTRIES
        return entries[:MOST_ENTRIES]

    def _text(self, text: str) -> str:
        hidden = self._secrets.hidden(text)
        most = max(0, min(MOST_LETTERS, self._left))
        self._left -= min(len(hidden), most)
        if len(hidden) <= most:
            return hidden
        self.exceeded = True
        return f"{hidden[:most]}…"


def shortened(text: str) -> str:
    """Return a text that is no longer than a page has room for."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
