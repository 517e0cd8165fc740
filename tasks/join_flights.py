"""Joins to each flight its weather, plane, airline and destination, a row a flight."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.clean_flights import CLEAN

if TYPE_CHECKING:
    import pandas as pd

JOINED = "data/joined/flights.parquet"

# A table -> the columns which find its row for a flight, and its other columns by the name
# that they get beside those of the flight.
JOINS: dict[str, tuple[list[str], dict[str, str]]] = {
    "weather": (["origin", "time_hour"], {}),
    "planes": (["tailnum"], {"year": "plane_year", "type": "plane_type"}),
    "airlines": (["carrier"], {"name": "airline"}),
    "airports": (["dest"], {"faa": "dest", "name": "destination"}),
}
# Of an airport, only its name: a flight needs no map.
ONLY = {"airports": ["faa", "name"]}


def add(flights: pd.DataFrame, table: pd.DataFrame, name: str, key: list[str]) -> pd.DataFrame:
    """Add to each flight the row of the table with the same key, or missing values.

    The flights keep their order and number. Raises ValueError, naming the table and a key,
    when the table has no key for a row or the same key twice, which would match a flight
    without tail number or duplicate flights.
    """
    repeated = table[key][table.duplicated(key)]
    if len(repeated):
        example = ", ".join(map(str, repeated.iloc[0]))
        raise ValueError(
            f"joining {name} would duplicate flights: {example} is there more than once "
            f"as {' and '.join(key)}"
        )
    if table[key].isna().any(axis=None):
        raise ValueError(f"joining {name} would be arbitrary: a row has no {' or '.join(key)}")
    joined = flights.merge(table, on=key, how="left", sort=False)
    if len(joined) != len(flights):
        raise ValueError(f"joining {name} turned {len(flights)} flights into {len(joined)}")
    return joined


def join_tables(clean: dict[str, str], joined: str) -> None:
    """Write the flights with all that JOINS adds to them to the path joined, as Parquet.

    clean maps the tables to their Parquet files. Raises ValueError as add.
    """
    import pandas as pd

    flights = pd.read_parquet(clean["flights"])
    for name, (key, names) in JOINS.items():
        table = pd.read_parquet(clean[name], columns=ONLY.get(name)).rename(columns=names)
        flights = add(flights, table, name, key)
    os.makedirs(os.path.dirname(joined) or ".", exist_ok=True)
    flights.to_parquet(joined, engine="pyarrow", index=False)


def task_join_flights() -> dict[str, Any]:
    """Add weather, plane, airline and destination to each flight."""
    return {
        "file_dep": list(CLEAN.values()),
        "targets": [JOINED],
        "actions": [(join_tables, [], {"clean": CLEAN, "joined": JOINED})],
        "clean": True,
    }
