"""One plain value as people type it: a number, yes or no, a text, a path, a day, a duration."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import PurePath
from typing import Any

import msgspec

TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}

MICROSECONDS = {
    "w": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
}

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"


class MeantError(ValueError):
    """A value is refused, and the text of this error is what would have been taken."""


class Plain(msgspec.Struct, frozen=True):
    """How one plain type is named, read and written.

    `read` raises ValueError or OverflowError for what it does not take; what is already of the
    type passes unchanged. `text` writes what `read` reads.
    """

    words: str
    noun: str
    read: Callable[[object], Any]
    text: Callable[[Any], str] = str


def plain_of(annotation: type) -> Plain | None:
    """The plain type for an annotation, or None."""
    if issubclass(annotation, PurePath):
        return Plain("path", "a path", partial(_read_path, annotation))
    return PLAIN.get(annotation)


def read_duration(text: str) -> timedelta:
    """The duration that a text gives; a bare number counts seconds.

    Units are w, d, h, m and s, from large to small; digits below a microsecond are dropped.

    Raises ValueError where the text is no duration, OverflowError past 999999999 days.
    """
    sign, unsigned = (-1, text[1:]) if text.startswith("-") else (1, text)
    for form in _duration_forms():
        match = re.fullmatch(form, unsigned)
        if match and any(match.groups()):
            parts = ((number, unit) for unit, number in match.groupdict().items() if number)
            return timedelta(microseconds=sign * sum(_microseconds(*part) for part in parts))
    raise ValueError(f"{text!r} is no duration")


def write_duration(duration: timedelta) -> str:
    """A duration in the largest unit up to days that divides it: 90s, 5m, 36h, 1d, 0.5s."""
    microseconds = duration // timedelta(microseconds=1)
    for unit in "dhms":
        if microseconds and microseconds % MICROSECONDS[unit] == 0:
            return f"{microseconds // MICROSECONDS[unit]}{unit}"
    whole, rest = divmod(abs(microseconds), MICROSECONDS["s"])
    decimals = f".{rest:06}".rstrip("0") if rest else ""
    return f"{'-' if microseconds < 0 else ''}{whole}{decimals}s"


def _duration_forms() -> tuple[str, ...]:
    def parts(units: str) -> str:
        return "".join(rf"(?:(?P<{unit}>{_NUMBER}){unit})?" for unit in units)

    # In ISO 8601 an M left of the T is a month, which is no fixed time: it is refused.
    iso = rf"(?i:P{parts('wd')}(?:T(?=[0-9]){parts('hms')})?)"
    return rf"(?P<s>{_NUMBER})", parts("wdhms"), iso


def _microseconds(number: str, unit: str) -> int:
    # Integers throughout: a float would blur the microseconds of a long duration.
    whole, _, decimals = number.partition(".")
    scale: int = 10 ** len(decimals)
    return int(whole + decimals) * MICROSECONDS[unit] // scale


def _read_int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if not isinstance(value, str | float):
        raise ValueError(value)
    try:
        return int(_text(value))
    except ValueError:
        number = float(value)
        # Past 2**53 a float may no longer be the whole number that was typed.
        if number.is_integer() and abs(number) < 2**53:
            raise MeantError(int(number)) from None
        raise


def _read_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    number = float(value)
    # nan equals nothing, itself included, so a stage could never be fresh with it.
    if math.isnan(number) or (math.isinf(number) and "inf" not in str(value).lower()):
        raise ValueError(value)
    return number


def _read_bool(value: object) -> bool:
    text = str(value).strip().lower()
    if not isinstance(value, bool | int | str) or text not in TRUTHS:
        raise ValueError(value)
    return TRUTHS[text]


def _read_str(value: object) -> str:
    if isinstance(value, bool | float):
        # 1.10 in TOML is the number 1.1: which text was meant only its author knows.
        raise MeantError(repr(str(value).lower()))
    if not isinstance(value, int | str):
        raise ValueError(value)
    return str(value)


def _read_date(value: object) -> date:
    # A datetime is a date to Python, but to drop its hour would not be what was asked for.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(_text(value))


def _read_datetime(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return datetime.fromisoformat(_text(value))


def _read_timedelta(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    return read_duration(_text(value))


def _read_path(path: type[PurePath], value: object) -> PurePath:
    # An empty text would silently be the working directory.
    if isinstance(value, PurePath) or (isinstance(value, str) and value):
        return path(value)
    raise ValueError(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value.strip()


def _text_bool(value: bool) -> str:
    return "true" if value else "false"


PLAIN: dict[type, Plain] = {
    int: Plain("int", "an integer", _read_int),
    float: Plain("float", "a number", _read_float),
    bool: Plain("true or false", "true or false", _read_bool, _text_bool),
    str: Plain("str", "text", _read_str),
    date: Plain("date as 2026-01-31", "a date as 2026-01-31", _read_date, date.isoformat),
    datetime: Plain(
        "date and time as 2026-01-31T18:30",
        "a date and time as 2026-01-31T18:30",
        _read_datetime,
        datetime.isoformat,
    ),
    timedelta: Plain(
        "duration as 90s, 5m, 2h, 1d or ISO 8601",
        "a duration as 90s, 5m, 2h, 1d or ISO 8601",
        _read_timedelta,
        write_duration,
    ),
}
