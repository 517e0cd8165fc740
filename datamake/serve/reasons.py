"""Reasons as the page gives them: the first of each kind, and how many of it there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from datamake.redaction import redact
from datamake.serve.bounded import shortened
from datamake.show.words import by_kind

MOST_OF_A_KIND = 50


class Kind(Struct, frozen=True):
    """Reasons of one kind: what the first of them are about, and how many there are."""

    name: str
    subjects: list[str]
    count: int


def told(texts: Iterable[str], counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return reasons, given in words, without secrets, and how many there are of each kind.

    `counts` has the number of those kinds of which not all are given.
    """
    kinds = by_kind(texts)
    reasons = [
        shortened(redact(f"{kind}: {subject}" if subject else kind))
        for kind, subjects in kinds.items()
        for subject in subjects[:MOST_OF_A_KIND] or [""]
    ]
    # A kind is anybody's text where a store is damaged, or another version's.
    numbers = {shortened(redact(kind)): len(subjects) or 1 for kind, subjects in kinds.items()}
    return {"reasons": reasons, "reason_counts": {**numbers, **(counts or {})}}


def kinds(one: Mapping[str, Any]) -> list[Kind]:
    """Return the kinds of reason that a stage or an attempt is told to have."""
    counts = one["reason_counts"]
    return [
        Kind(kind, subjects, counts.get(kind, len(subjects)))
        for kind, subjects in by_kind(one["reasons"]).items()
    ]
