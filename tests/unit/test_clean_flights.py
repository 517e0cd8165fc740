"""Typing the raw tables and dropping the rows which cannot be used."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from tasks.clean_flights import CLEANERS, COLUMNS, clean_tables, drop, read_raw
from tasks.get_flights import TABLES, find_sources, unpack

# A usable row of each table, which the tests spoil in one place.
USABLE = {
    "flights": {
        "year": "2013",
        "month": "1",
        "day": "1",
        "hour": "23",
        "time_hour": "2013-01-02T04:00:00Z",
        "sched_dep_time": "2350",
        "dep_time": "5",
        "dep_delay": "15",
        "sched_arr_time": "130",
        "arr_time": "145",
        "arr_delay": "15",
        "carrier": "B6",
        "flight": "7",
        "tailnum": "N618JB",
        "origin": "JFK",
        "dest": "BQN",
        "air_time": "95",
        "distance": "1576",
    },
    "weather": {
        "origin": "JFK",
        "time_hour": "2013-01-02T04:00:00Z",
        "temp": "39.02",
        "dewp": "26.06",
        "humid": "59.37",
        "wind_dir": "270",
        "wind_speed": "10.4",
        "wind_gust": "NA",
        "precip": "0",
        "pressure": "1012",
        "visib": "10",
    },
    "planes": {
        "tailnum": "N618JB",
        "year": "2004",
        "type": "Fixed wing multi engine",
        "manufacturer": "AIRBUS",
        "model": "A320-232",
        "engines": "2",
        "seats": "200",
        "engine": "Turbo-fan",
    },
    "airlines": {"carrier": "B6", "name": "JetBlue Airways"},
    "airports": {
        "faa": "BOS",
        "name": "General Edward Lawrence Logan Intl",
        "lat": "42.36",
        "lon": "-71.01",
        "alt": "19",
        "tz": "-5",
        "dst": "A",
        "tzone": "America/New_York",
    },
}
CANCELLED = dict.fromkeys(["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"], "NA")


def clean_rows(folder: Path, table: str, *rows: dict[str, str]) -> tuple[pd.DataFrame, list[str]]:
    """Clean usable rows with the given changes; the rows kept and the reasons of the others."""
    path = folder / f"{table}.csv"
    with path.open("w", newline="") as output:
        writer = csv.DictWriter(output, list(USABLE[table]))
        writer.writeheader()
        writer.writerows(USABLE[table] | row for row in rows)
    kept, counts = drop(*CLEANERS[table](read_raw(str(path), COLUMNS[table])))
    return kept, [reason for reason, count in counts.items() for _ in range(count)]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("raw")
    paths = {table: str(folder / f"{table}.csv") for table in TABLES}
    unpack(find_sources(), paths)
    return paths


def clean_into(folder: Path, raw: dict[str, str]) -> dict[str, Path]:
    paths = {table: folder / f"{table}.parquet" for table in TABLES}
    clean_tables(
        raw, {table: str(path) for table, path in paths.items()}, str(folder / "dropped.csv")
    )
    return paths | {"dropped": folder / "dropped.csv"}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, raw: dict[str, str]) -> dict[str, Path]:
    return clean_into(tmp_path_factory.mktemp("clean"), raw)


@pytest.fixture(scope="module")
def flights(clean: dict[str, Path]) -> pd.DataFrame:
    return pd.read_parquet(clean["flights"])


def test_every_flight_is_kept_and_the_mean_delay_is_the_published_one(
    flights: pd.DataFrame,
) -> None:
    assert len(flights) == 336_776
    assert flights["dep_delay"].count() == 328_521
    assert round(float(flights["dep_delay"].mean()), 2) == 12.64


def test_cancelled_and_diverted_flights_stay_and_are_flagged(flights: pd.DataFrame) -> None:
    assert flights["cancelled"].sum() == 336_776 - 328_521
    assert flights["diverted"].sum() == 1_175
    assert flights.loc[flights["cancelled"], "departure"].isna().all()
    assert not (flights["cancelled"] & flights["diverted"]).any()


def test_a_flight_without_tail_number_stays(flights: pd.DataFrame) -> None:
    assert flights["tailnum"].isna().sum() == 2_512


def test_the_first_flight_of_the_year_left_two_minutes_late_in_utc(flights: pd.DataFrame) -> None:
    first = flights.iloc[0]
    assert first["scheduled_departure"] == pd.Timestamp("2013-01-01 10:15", tz="UTC")
    assert first["departure"] == pd.Timestamp("2013-01-01 10:17", tz="UTC")
    assert (first["scheduled_arrival_minute"], first["arrival_minute"]) == (
        8 * 60 + 19,
        8 * 60 + 30,
    )


def test_whole_numbers_stay_whole_where_some_are_missing(flights: pd.DataFrame) -> None:
    assert str(flights["dep_delay"].dtype) == "Int16"
    assert str(flights["air_time"].dtype) == "Int16"


@pytest.mark.parametrize(
    ("table", "rows"),
    [("weather", 26_114), ("planes", 3_281), ("airlines", 16), ("airports", 1_455)],
)
def test_of_the_other_tables_the_usable_rows_are_kept(
    clean: dict[str, Path], table: str, rows: int
) -> None:
    assert len(pd.read_parquet(clean[table])) == rows


def test_both_hours_from_one_to_two_are_kept_when_summer_time_ends(clean: dict[str, Path]) -> None:
    weather = pd.read_parquet(clean["weather"]).set_index("time_hour").sort_index()
    night = weather.loc["2013-11-03 05:00":"2013-11-03 06:00"]
    assert sorted(night["origin"]) == ["EWR", "EWR", "JFK", "JFK", "LGA", "LGA"]


def test_no_wind_of_a_thousand_miles_an_hour_is_kept(clean: dict[str, Path]) -> None:
    assert pd.read_parquet(clean["weather"])["wind_speed"].max() < 50


def test_what_was_dropped_is_a_table_which_adds_up(
    clean: dict[str, Path], raw: dict[str, str]
) -> None:
    dropped = pd.read_csv(clean["dropped"])
    assert list(dropped.columns) == ["table", "reason", "rows"]
    # What was looked for and not found is told too.
    assert set(dropped.loc[dropped["table"] == "airlines", "rows"]) == {0}
    found = dropped[dropped["rows"] > 0]
    assert found.values.tolist() == [
        ["weather", "impossible wind", 1],
        ["planes", "not an airliner: below 20 seats or a piston engine", 41],
        ["airports", "place outside the United States", 3],
    ]
    for table, rows in dropped.groupby("table")["rows"].sum().items():
        lines = Path(raw[str(table)]).read_bytes().count(b"\n")
        assert lines - 1 == len(pd.read_parquet(clean[str(table)])) + rows


def test_what_was_dropped_is_printed(
    tmp_path: Path, raw: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    small = {table: raw[table] for table in ("airlines", "airports")}
    targets = {table: str(tmp_path / f"{table}.parquet") for table in small}
    clean_tables(small, targets, str(tmp_path / "dropped.csv"))
    assert capsys.readouterr().out.splitlines() == [
        "airlines: kept 16 of 16 rows",
        "airports: kept 1,455 of 1,458 rows",
        "  dropped 3: place outside the United States",
    ]


def test_cleaning_twice_gives_the_same_bytes(
    tmp_path: Path, raw: dict[str, str], clean: dict[str, Path]
) -> None:
    for table, path in clean_into(tmp_path, raw).items():
        assert path.read_bytes() == clean[table].read_bytes(), table


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("flights", {"carrier": "NA"}, "no carrier, number, route or scheduled time"),
        ("flights", {"flight": ""}, "no carrier, number, route or scheduled time"),
        ("flights", {"time_hour": "NA"}, "no carrier, number, route or scheduled time"),
        ("flights", {"arr_time": "2401"}, "impossible clock time"),
        ("flights", {"sched_arr_time": "1260"}, "impossible clock time"),
        ("flights", {"dep_delay": "16"}, "delay contradicts the clock"),
        ("flights", {"dep_delay": "NA"}, "delay contradicts the clock"),
        ("flights", {"dep_time": "NA"}, "delay contradicts the clock"),
        ("flights", {"distance": "0"}, "impossible distance or time in the air"),
        ("flights", {"air_time": "-3"}, "impossible distance or time in the air"),
        ("weather", {"origin": "NA"}, "no airport or hour"),
        ("weather", {"time_hour": ""}, "no airport or hour"),
        ("weather", {"wind_speed": "1048.36"}, "impossible wind"),
        ("weather", {"wind_gust": "-1"}, "impossible wind"),
        ("weather", {"humid": "101"}, "impossible temperature, humidity, rain or visibility"),
        ("weather", {"temp": "200"}, "impossible temperature, humidity, rain or visibility"),
        ("weather", {"precip": "-1"}, "impossible temperature, humidity, rain or visibility"),
        ("weather", {"visib": "-1"}, "impossible temperature, humidity, rain or visibility"),
        ("planes", {"tailnum": "NA"}, "no tail number"),
        ("planes", {"seats": "2"}, "not an airliner: below 20 seats or a piston engine"),
        ("planes", {"engine": "4 Cycle"}, "not an airliner: below 20 seats or a piston engine"),
        ("planes", {"year": "0"}, "impossible year"),
        ("airlines", {"name": "NA"}, "no carrier or name"),
        ("airports", {"faa": ""}, "no code or name"),
        ("airports", {"lon": "71.01"}, "place outside the United States"),
        ("airports", {"lat": "-42.36"}, "place outside the United States"),
    ],
)
def test_a_row_which_cannot_be_used_is_dropped_for_its_reason(
    tmp_path: Path, table: str, change: dict[str, str], reason: str
) -> None:
    kept, reasons = clean_rows(tmp_path, table, change)
    assert (len(kept), reasons) == (0, [reason])


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("flights", {}),
        ("flights", CANCELLED),
        ("flights", {"tailnum": "NA"}),
        ("flights", {"arr_delay": "NA", "air_time": "NA"}),
        ("flights", {"dep_time": "2400", "dep_delay": "10"}),
        ("flights", {"dep_time": "2335", "dep_delay": "-15"}),
        ("weather", {}),
        ("weather", {"temp": "NA", "wind_speed": "NA", "pressure": "NA"}),
        ("planes", {"year": "NA"}),
        ("airlines", {}),
        ("airports", {"lon": "174.11", "lat": "52.71"}),
        ("airports", {"tzone": "NA"}),
    ],
)
def test_a_row_which_can_be_used_is_kept(
    tmp_path: Path, table: str, change: dict[str, str]
) -> None:
    kept, reasons = clean_rows(tmp_path, table, change)
    assert (len(kept), reasons) == (1, [])


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("flights", "flight listed before"),
        ("weather", "airport and hour listed before"),
        ("planes", "tail number listed before"),
        ("airlines", "carrier listed before"),
        ("airports", "code listed before"),
    ],
)
def test_of_a_row_listed_twice_the_first_is_kept(tmp_path: Path, table: str, reason: str) -> None:
    kept, reasons = clean_rows(tmp_path, table, {}, {})
    assert (len(kept), reasons) == (1, [reason])


def test_a_row_with_two_faults_is_counted_once(tmp_path: Path) -> None:
    _, reasons = clean_rows(tmp_path, "planes", {"tailnum": "NA", "seats": "2"})
    assert reasons == ["no tail number"]


def test_a_flight_which_leaves_after_midnight_leaves_the_next_day(tmp_path: Path) -> None:
    kept, _ = clean_rows(tmp_path, "flights", {})
    assert kept["departure"][0] == pd.Timestamp("2013-01-02 05:05", tz="UTC")


def test_a_value_of_another_type_is_named_with_its_file_and_column(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"planes\.csv: .*#6: .*int16.*'many'"):
        clean_rows(tmp_path, "planes", {"seats": "many"})


def test_a_missing_column_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "airlines.csv"
    path.write_text("carrier\nB6\n")
    with pytest.raises(ValueError, match=r"airlines\.csv: .*'name'"):
        read_raw(str(path), COLUMNS["airlines"])
