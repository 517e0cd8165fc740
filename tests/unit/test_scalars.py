"""Plain values: what text and TOML give them, and how they are written."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest

from datamake.parameters.scalars import MeantError, plain_of, read_duration, write_duration

DURATIONS = {
    "0": timedelta(0),
    "90": timedelta(seconds=90),
    "1.5": timedelta(seconds=1.5),
    "90s": timedelta(seconds=90),
    "5m": timedelta(minutes=5),
    "2h": timedelta(hours=2),
    "1d": timedelta(days=1),
    "2w": timedelta(days=14),
    "1h30m": timedelta(minutes=90),
    "1.5h": timedelta(minutes=90),
    "-5m": timedelta(minutes=-5),
    "0.000001s": timedelta(microseconds=1),
    "999999999d0.000001s": timedelta(days=999999999, microseconds=1),
    "PT5M": timedelta(minutes=5),
    "pt5m": timedelta(minutes=5),
    "P1DT2H3M4.5S": timedelta(days=1, hours=2, minutes=3, seconds=4.5),
    "P2W": timedelta(days=14),
    "-PT5M": timedelta(minutes=-5),
}


@pytest.mark.parametrize(("text", "duration"), DURATIONS.items(), ids=DURATIONS)
def test_a_duration_is_read_exactly(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "s",
        "5x",
        "5 m",
        "5M",
        "1h30",
        "30m1h",
        "1e3",
        "--5m",
        "P",
        "PT",
        "P1DT",
        "P5M",
        "٣s",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        read_duration(text)


def test_a_duration_past_what_python_counts_is_refused() -> None:
    with pytest.raises(OverflowError):
        read_duration("1000000000d")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=5), "5m"),
        (timedelta(hours=36), "36h"),
        (timedelta(days=14), "14d"),
        (timedelta(seconds=0.5), "0.5s"),
        (timedelta(seconds=-90.25), "-90.25s"),
        (timedelta(minutes=-5), "-5m"),
        (timedelta(microseconds=1), "0.000001s"),
    ],
    ids=str,
)
def test_a_duration_is_written_in_the_largest_unit_and_reads_back(
    duration: timedelta, text: str
) -> None:
    assert write_duration(duration) == text
    assert read_duration(text) == duration


READ = [
    (int, "10", 10),
    (int, " +3 ", 3),
    (int, "1_000", 1000),
    (int, "99999999999999999999", 99999999999999999999),
    (int, 10**30, 10**30),
    (float, "1e-3", 0.001),
    (float, "-inf", float("-inf")),
    (float, "Infinity", float("inf")),
    (float, 3, 3.0),
    (bool, "Yes", True),
    (bool, " off ", False),
    (bool, "1", True),
    (bool, 0, False),
    (bool, True, True),
    (str, " as it is ", " as it is "),
    (str, "", ""),
    (str, 7, "7"),
    (date, " 2026-01-31 ", date(2026, 1, 31)),
    (date, date(2026, 1, 31), date(2026, 1, 31)),
    (datetime, "2026-01-31T18:30", datetime(2026, 1, 31, 18, 30)),
    (datetime, "2026-01-31 18:30:05", datetime(2026, 1, 31, 18, 30, 5)),
    (datetime, "2026-01-31", datetime(2026, 1, 31)),
    (datetime, date(2026, 1, 31), datetime(2026, 1, 31)),
    (datetime, datetime(2026, 1, 31, 18, 30), datetime(2026, 1, 31, 18, 30)),
    (timedelta, " 5m ", timedelta(minutes=5)),
    (timedelta, 90, timedelta(seconds=90)),
    (timedelta, 0.5, timedelta(seconds=0.5)),
    (timedelta, timedelta(1), timedelta(1)),
    (Path, "a b/c", Path("a b/c")),
    (PurePosixPath, "a", PurePosixPath("a")),
]


@pytest.mark.parametrize(
    ("annotation", "given", "value"), READ, ids=[f"{row[0].__name__}-{row[1]!r}" for row in READ]
)
def test_text_and_toml_values_become_typed(annotation: type, given: object, value: object) -> None:
    plain = plain_of(annotation)
    assert plain is not None
    read = plain.read(given)
    assert read == value
    assert isinstance(read, annotation)
    assert type(read) is type(value)


REFUSED = [
    (int, "x"),
    (int, ""),
    (int, "1.5"),
    (int, "1e400"),
    (int, True),
    (int, 2.5),
    (int, [1]),
    (float, "nan"),
    (float, float("nan")),
    (float, "1e999"),
    (float, 10**400),
    (float, True),
    (float, Decimal(1)),
    (bool, "maybe"),
    (bool, 2),
    (bool, 1.0),
    (str, None),
    (str, date(2026, 1, 31)),
    (date, "31.1.2026"),
    (date, "2026-02-30"),
    (date, datetime(2026, 1, 31)),
    (date, 20260131),
    (datetime, "18:30"),
    (datetime, 5),
    (timedelta, "5 min"),
    (timedelta, True),
    (timedelta, float("inf")),
    (timedelta, float("nan")),
    (timedelta, None),
    (Path, ""),
    (Path, 5),
]


@pytest.mark.parametrize(
    ("annotation", "given"), REFUSED, ids=[f"{row[0].__name__}-{row[1]!r:.20}" for row in REFUSED]
)
def test_what_does_not_fit_is_refused(annotation: type, given: object) -> None:
    plain = plain_of(annotation)
    assert plain is not None
    with pytest.raises((ValueError, OverflowError)) as refused:
        plain.read(given)
    assert not isinstance(refused.value, MeantError)


@pytest.mark.parametrize(
    ("annotation", "given", "meant"),
    [
        (int, "1e6", "1000000"),
        (int, "3.0", "3"),
        (int, 3.0, "3"),
        (str, 1.5, "'1.5'"),
        (str, True, "'true'"),
    ],
)
def test_a_refusal_says_what_was_meant(annotation: type, given: object, meant: str) -> None:
    plain = plain_of(annotation)
    assert plain is not None
    with pytest.raises(MeantError, match=f"^{meant}$"):
        plain.read(given)


def test_a_whole_number_that_a_float_cannot_hold_is_not_suggested() -> None:
    plain = plain_of(int)
    assert plain is not None
    with pytest.raises(ValueError) as refused:
        plain.read("9007199254740993.0")
    assert not isinstance(refused.value, MeantError)


@pytest.mark.parametrize("annotation", [complex, bytes, dict, object, type(None)])
def test_other_types_are_not_plain(annotation: type) -> None:
    assert plain_of(annotation) is None
