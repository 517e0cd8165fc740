"""Types the raw tables and drops the rows which cannot be used, saying how many and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.get_flights import RAW, TABLES

if TYPE_CHECKING:
    import pandas as pd

    # The reason to drop a row -> the rows it holds for.
    Rules = dict[str, pd.Series[bool]]

CLEAN = {table: f"data/clean/{table}.parquet" for table in TABLES}
DROPPED = "data/clean/dropped.csv"

# The columns worth keeping, by the name of their Arrow type. Left out are those which others
# give, as the local time of the weather and the minute of a flight do, and the speed of
# planes, which 3,299 of 3,322 lack.
COLUMNS = {
    "flights": {
        "string": "carrier tailnum origin dest",
        "utc": "time_hour",
        "int8": "month day hour",
        "int16": "year flight sched_dep_time dep_time dep_delay sched_arr_time arr_time "
        "arr_delay air_time distance",
    },
    "weather": {
        "string": "origin",
        "utc": "time_hour",
        "double": "temp dewp humid wind_dir wind_speed wind_gust precip pressure visib",
    },
    "planes": {
        "string": "tailnum type manufacturer model engine",
        "int8": "engines",
        "int16": "year seats",
    },
    "airlines": {"string": "carrier name"},
    "airports": {
        "string": "faa name dst tzone",
        "int8": "tz",
        "int16": "alt",
        "double": "lat lon",
    },
}


def read_raw(path: str, columns: dict[str, str]) -> pd.DataFrame:
    """Read the columns, given by type as in COLUMNS; `NA` or nothing is a missing value.

    Raises ValueError, naming the file, when a column is absent or a value is not of its type.
    """
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    types = {
        column: pa.timestamp("s", "UTC") if kind == "utc" else pa.type_for_alias(kind)
        for kind, names in columns.items()
        for column in names.split()
    }
    options = csv.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=["NA", ""],
        strings_can_be_null=True,
    )
    try:
        table = csv.read_csv(path, convert_options=options)
    except (KeyError, pa.ArrowInvalid) as error:
        raise ValueError(f"{path}: {error.args[0]}") from error
    # Without these types a column with a missing value would turn to floats.
    whole_numbers = {pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole_numbers.get)
    return frame


def lacks(table: pd.DataFrame, columns: list[str]) -> pd.Series[bool]:
    """Mark the rows without a value in one of the columns."""
    return table[columns].isna().any(axis=1)


def outside(values: pd.Series[Any], low: float, high: float) -> pd.Series[bool]:
    """Mark the values below low or above high; a missing value is not outside."""
    return (~values.between(low, high) & values.notna()).astype(bool)


def minute_of_day(clock: pd.Series[Any]) -> pd.Series[Any]:
    """Turn clock times, hours * 100 + minutes, into minutes after midnight, 0 to 1440."""
    return clock // 100 * 60 + clock % 100


def clean_flights(flights: pd.DataFrame) -> tuple[pd.DataFrame, Rules]:
    """Give every flight its departure times in UTC, flag what went wrong; a row a flight.

    A flight without tail number still has a delay, so it stays. A flight which never left is
    what a traveller fears most, so it stays, as `cancelled`; one which left but did not
    arrive where it should stays as `diverted`. Clock times become `scheduled_departure` and
    `departure`, and for arrivals, as their time zone is not known, minutes after midnight.
    """
    import pandas as pd

    departure_minute = minute_of_day(flights["dep_time"])
    scheduled_minute = minute_of_day(flights["sched_dep_time"])
    delay = flights["dep_delay"]
    scheduled = flights["time_hour"] + pd.to_timedelta(scheduled_minute % 60, unit="min")
    clocks = ["sched_dep_time", "dep_time", "sched_arr_time", "arr_time"]
    key = ["time_hour", "sched_dep_time", "carrier", "flight", "origin", "dest"]
    # Midnight may be told as the end of one day or the start of the next.
    contradiction = (departure_minute - scheduled_minute - delay) % 1440 != 0
    rules: Rules = {
        "no carrier, number, route or scheduled time": lacks(flights, key),
        "flight listed before": flights.duplicated(key),
        "impossible clock time": pd.concat(
            [outside(flights[c], 0, 2400) | outside(flights[c] % 100, 0, 59) for c in clocks],
            axis=1,
        ).any(axis=1),
        "delay contradicts the clock": contradiction.fillna(False).astype(bool)
        | (delay.isna() ^ departure_minute.isna()),
        "impossible distance or time in the air": outside(flights["distance"], 1, 12_500)
        | outside(flights["air_time"], 1, 1440),
    }
    typed = flights.drop(columns=clocks).assign(
        scheduled_departure=scheduled,
        departure=scheduled + pd.to_timedelta(delay, unit="min"),
        scheduled_arrival_minute=minute_of_day(flights["sched_arr_time"]),
        arrival_minute=minute_of_day(flights["arr_time"]),
        cancelled=delay.isna(),
        diverted=delay.notna() & flights["air_time"].isna(),
    )
    return typed, rules


def clean_weather(weather: pd.DataFrame) -> tuple[pd.DataFrame, Rules]:
    """Check the readings: a row an airport and hour, in UTC.

    In UTC because the local hour from 1 to 2 comes twice on 2013-11-03, when summer time ends:
    those are two hours, not a duplicate.
    """
    key = ["origin", "time_hour"]
    return weather, {
        "no airport or hour": lacks(weather, key),
        "airport and hour listed before": weather.duplicated(key),
        # No wind over 253 miles an hour was ever measured.
        "impossible wind": outside(weather["wind_speed"], 0, 253)
        | outside(weather["wind_gust"], 0, 253),
        "impossible temperature, humidity, rain or visibility": outside(weather["temp"], -80, 135)
        | outside(weather["humid"], 0, 100)
        | outside(weather["precip"], 0, 15)
        | outside(weather["visib"], 0, 100),
    }


def clean_planes(planes: pd.DataFrame) -> tuple[pd.DataFrame, Rules]:
    """Check the register: a row a tail number; the year of building may be missing.

    The airlines of this data fly no plane below 20 seats and no piston engine. Where the
    register says so, the tail number is now that of another aircraft than the one which flew.
    """
    return planes, {
        "no tail number": lacks(planes, ["tailnum"]),
        "tail number listed before": planes.duplicated("tailnum"),
        "not an airliner: below 20 seats or a piston engine": outside(planes["seats"], 20, 900)
        | planes["engine"].isin(["Reciprocating", "4 Cycle"]),
        "impossible year": outside(planes["year"], 1903, 2014),
    }


def clean_airlines(airlines: pd.DataFrame) -> tuple[pd.DataFrame, Rules]:
    """Check the names: a row a carrier."""
    return airlines, {
        "no carrier or name": lacks(airlines, ["carrier", "name"]),
        "carrier listed before": airlines.duplicated("carrier"),
    }


def clean_airports(airports: pd.DataFrame) -> tuple[pd.DataFrame, Rules]:
    """Check the places: a row an airport, all of them in the United States."""
    longitude = airports["lon"]
    return airports, {
        "no code or name": lacks(airports, ["faa", "name"]),
        "code listed before": airports.duplicated("faa"),
        # The outermost Aleutian Islands lie beyond the 180th meridian.
        "place outside the United States": outside(airports["lat"], 17, 72)
        | (outside(longitude, -180, -64) & outside(longitude, 172, 180)),
    }


CLEANERS = {
    "flights": clean_flights,
    "weather": clean_weather,
    "planes": clean_planes,
    "airlines": clean_airlines,
    "airports": clean_airports,
}


def drop(table: pd.DataFrame, rules: Rules) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop the rows which any rule marks; count each under the first rule which marks it."""
    import pandas as pd

    unusable = pd.Series(False, index=table.index)
    counts = {}
    for reason, marked in rules.items():
        counts[reason] = int((marked & ~unusable).sum())
        unusable |= marked
    return (table[~unusable].reset_index(drop=True) if unusable.any() else table), counts


def clean_tables(raw: dict[str, str], clean: dict[str, str], dropped: str) -> None:
    """Write each table of raw, a CSV, to the path of the same name in clean, as Parquet.

    What was dropped is printed and written to the CSV dropped, in the columns table, reason
    and rows, with a 0 for what was looked for and not found. Raises ValueError as read_raw.
    """
    import pandas as pd

    report = []
    for name, source in raw.items():
        table, rules = CLEANERS[name](read_raw(source, COLUMNS[name]))
        kept, counts = drop(table, rules)
        os.makedirs(os.path.dirname(clean[name]) or ".", exist_ok=True)
        kept.to_parquet(clean[name], engine="pyarrow", index=False)
        print(f"{name}: kept {len(kept):,} of {len(table):,} rows")
        for reason, rows in counts.items():
            report.append((name, reason, rows))
            if rows:
                print(f"  dropped {rows:,}: {reason}")
    os.makedirs(os.path.dirname(dropped) or ".", exist_ok=True)
    pd.DataFrame(report, columns=["table", "reason", "rows"]).to_csv(dropped, index=False)


def task_clean_flights() -> dict[str, Any]:
    """Type the raw tables and drop the rows which cannot be used."""
    return {
        "file_dep": list(RAW.values()),
        "targets": [*CLEAN.values(), DROPPED],
        "actions": [(clean_tables, [], {"raw": RAW, "clean": CLEAN, "dropped": DROPPED})],
        "clean": True,
        # To be seen as it runs: what was dropped is the result which a person should judge.
        "verbosity": 2,
    }
