"""Sizes, times and reasons in words."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from datamake.model import Reason, Why

UNITS = ("kB", "MB", "GB", "TB", "PB")


def size(count: int) -> str:
    """Return a number of bytes with a unit of thousands, as `ls --si` has it."""
    if count < 1000:
        return f"{count} B"
    value, power = count / 1000, 0
    while value >= 999.5 and power + 1 < len(UNITS):
        value, power = value / 1000, power + 1
    unit = UNITS[power]
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def read_size(text: str) -> int:
    """Return a number of bytes that was typed, as in `500 kB` or `2GB`. Raises ValueError."""
    number, unit = text.strip(), ""
    while number and number[-1].isalpha():
        number, unit = number[:-1], number[-1] + unit
    units = {"": 0, "b": 0, **{name.lower(): power + 1 for power, name in enumerate(UNITS)}}
    try:
        return round(float(number) * 1000.0 ** units[unit.lower()])
    except (ValueError, OverflowError, KeyError):
        raise ValueError(f"{text!r} is no size: write it as in 500 kB or 2 GB") from None


def duration(seconds: float) -> str:
    """Return a time span: `0.02 s`, `12 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def moment(seconds: float) -> str:
    """Return a time, given in seconds since the epoch, as this machine's clock has it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def escaped(text: str, kept: str = "") -> str:
    """Return a text with escapes for what a terminal would act on, but for what is to be `kept`.

    Names may be anybody's: control characters, changes of the direction of writing, bytes that
    are no text.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in kept else repr(c)[1:-1] for c in text)


def seen(line: str) -> str:
    """Return what is seen of a line that was written over, as a bar of progress is."""
    return last_written(line).rstrip("\r")


def last_written(line: str) -> str:
    """Return of a line that is written over what decides how it goes on."""
    return line[line.rstrip("\r").rfind("\r") + 1 :]


def span(least: float, most: float) -> str:
    """Return between which times something takes: `5 s`, `5 s to 8 s`, `up to 8 s`."""
    if not least:
        return f"up to {duration(most)}"
    low, high = duration(least), duration(most)
    return low if low == high else f"{low} to {high}"


def count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: `1 stage`, `2 stages`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def reasons(all_reasons: Iterable[Reason], most: int = 3) -> str:
    """Return reasons in one line, those of one kind together, at most a few of each."""
    return in_a_line(by_kind(map(str, all_reasons)), most)


def by_kind(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return of reasons, given in words, what each kind is about: nothing for some kinds."""
    kinds: dict[str, list[str]] = {}
    for text in texts:
        kind, _, subject = text.partition(": ")
        subjects = kinds.setdefault(kind, [])
        if subject:
            subjects.append(subject)
    return kinds


def in_a_line(
    kinds: Mapping[str, Sequence[str]], most: int = 3, counts: Mapping[str, int] | None = None
) -> str:
    """Return kinds of reasons in one line, with the first few things that each is about.

    `counts` has the number of those of which not all are given.
    """
    numbers = counts or {}
    return "; ".join(
        f"{kind}: {listed(subjects, most, numbers.get(kind))}" if subjects else kind
        for kind, subjects in kinds.items()
    )


def listed(items: Sequence[str], most: int = 3, count: int | None = None) -> str:
    """Return the first items in one line, and how many more there are, of a count if not all."""
    number = len(items) if count is None else count
    more = f" and {number - most:,} more" if number > most else ""
    return f"{', '.join(items[:most])}{more}"


def waits_for(names: Sequence[str], most: int = 3) -> str:
    """Return whom a stage waits for, in one line."""
    return f"waits for {listed(names, most)}"


def unusable(all_reasons: Iterable[Reason]) -> str:
    """Return which inputs a stage can't do with, and why, in one line."""
    paths: dict[str, list[str]] = {}
    for reason in all_reasons:
        gone = reason.why is Why.INPUT_MISSING
        paths.setdefault("is not there" if gone else "can't be read", []).append(reason.subject)
    return "; ".join(f"{', '.join(names)}, which {what}" for what, names in paths.items())
