"""Joining to each flight what belongs to it."""

from pathlib import Path

import pandas as pd
import pytest

from tasks.clean_flights import clean_tables
from tasks.get_flights import TABLES, find_sources, unpack
from tasks.join_flights import add, join_tables


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("flights")
    raw = {table: str(folder / f"{table}.csv") for table in TABLES}
    clean = {table: str(folder / f"{table}.parquet") for table in TABLES}
    unpack(find_sources(), raw)
    clean_tables(raw, clean, str(folder / "dropped.csv"))
    return clean


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, clean: dict[str, str]) -> Path:
    target = tmp_path_factory.mktemp("joined") / "flights.parquet"
    join_tables(clean, str(target))
    return target


@pytest.fixture(scope="module")
def joined(target: Path) -> pd.DataFrame:
    return pd.read_parquet(target)


def test_no_flight_is_lost_duplicated_moved_or_changed(
    joined: pd.DataFrame, clean: dict[str, str]
) -> None:
    flights = pd.read_parquet(clean["flights"])
    assert len(joined) == 336_776
    pd.testing.assert_frame_equal(joined[flights.columns], flights)


def test_every_flight_has_its_airline(joined: pd.DataFrame) -> None:
    assert joined["airline"].notna().all()
    assert set(joined.loc[joined["carrier"] == "B6", "airline"]) == {"JetBlue Airways"}


def test_only_the_four_caribbean_airports_have_no_name(joined: pd.DataFrame) -> None:
    nameless = joined.loc[joined["destination"].isna(), "dest"]
    assert len(nameless) == 7_602
    assert set(nameless) == {"BQN", "PSE", "SJU", "STT"}


def test_the_weather_is_that_of_the_airport_and_hour_of_the_schedule(
    joined: pd.DataFrame, clean: dict[str, str]
) -> None:
    assert joined["visib"].count() == 335_220
    weather = pd.read_parquet(clean["weather"]).set_index(["origin", "time_hour"])
    for row in (0, 100_000, 200_000):
        flight = joined.iloc[row]
        reading = weather.loc[(flight["origin"], flight["scheduled_departure"].floor("h"))]
        assert (flight["temp"], flight["visib"]) == (reading["temp"], reading["visib"])


def test_the_plane_is_that_of_the_tail_number(joined: pd.DataFrame) -> None:
    first = joined.iloc[0]
    assert (first["tailnum"], first["plane_year"], first["model"]) == ("N14228", 1999, "737-824")
    assert joined["model"].count() == 281_727


def test_a_flight_without_tail_number_has_no_plane(joined: pd.DataFrame) -> None:
    assert joined.loc[joined["tailnum"].isna(), "model"].isna().all()


def test_joining_twice_gives_the_same_bytes(
    tmp_path: Path, clean: dict[str, str], target: Path
) -> None:
    again = tmp_path / "flights.parquet"
    join_tables(clean, str(again))
    assert again.read_bytes() == target.read_bytes()


def test_a_join_which_would_duplicate_flights_is_refused_by_name(
    tmp_path: Path, clean: dict[str, str]
) -> None:
    planes = pd.read_parquet(clean["planes"])
    twice = tmp_path / "planes.parquet"
    pd.concat([planes, planes.tail(1)]).to_parquet(twice, index=False)
    target = tmp_path / "flights.parquet"
    with pytest.raises(ValueError, match="joining planes would duplicate flights: N999DN "):
        join_tables(clean | {"planes": str(twice)}, str(target))
    assert not target.exists()


def test_a_reading_listed_twice_is_named_by_airport_and_hour() -> None:
    hour = pd.Timestamp("2013-11-03 05:00", tz="UTC")
    flights = pd.DataFrame({"origin": ["JFK"], "time_hour": [hour]})
    weather = pd.DataFrame({"origin": ["JFK", "JFK"], "time_hour": [hour, hour], "temp": [1, 2]})
    with pytest.raises(ValueError, match=r"joining weather .*JFK, 2013-11-03 05:00.*time_hour"):
        add(flights, weather, "weather", ["origin", "time_hour"])


def test_a_row_without_key_is_refused_as_flights_without_tail_number_would_match_it() -> None:
    flights = pd.DataFrame({"tailnum": ["N14228", None]})
    planes = pd.DataFrame({"tailnum": ["N14228", None], "seats": [149, 2]})
    with pytest.raises(ValueError, match=r"joining planes .* no tailnum"):
        add(flights, planes, "planes", ["tailnum"])
