"""Writing the numbers from 1 to n."""

import tracemalloc
from pathlib import Path

import pytest

from tasks.numbers import NUMBERS_PER_WRITE, task_numbers, write_numbers


def test_numbers_are_written_one_a_line(tmp_path: Path) -> None:
    target = tmp_path / "numbers.txt"
    write_numbers([str(target)], 3)
    assert target.read_bytes() == b"1\n2\n3\n"


def test_up_to_zero_there_are_none(tmp_path: Path) -> None:
    target = tmp_path / "numbers.txt"
    write_numbers([str(target)], 0)
    assert target.read_bytes() == b""


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_none_is_lost_where_one_write_ends_and_the_next_begins(tmp_path: Path, beyond: int) -> None:
    target = tmp_path / "numbers.txt"
    n = 2 * NUMBERS_PER_WRITE + beyond
    write_numbers([str(target)], n)
    assert target.read_text().splitlines() == [str(number) for number in range(1, n + 1)]


def test_a_shorter_file_replaces_a_longer_one(tmp_path: Path) -> None:
    target = tmp_path / "numbers.txt"
    write_numbers([str(target)], 100)
    write_numbers([str(target)], 2)
    assert target.read_text() == "1\n2\n"


def test_memory_does_not_grow_with_n(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        write_numbers([str(tmp_path / "numbers.txt")], 300_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A string of six digits takes 55 bytes and its place in a list 8: all at once, 16 MB.
    assert peak < 8_000_000


def test_each_n_has_a_file_of_its_own() -> None:
    assert task_numbers()["targets"] == ["data/numbers_up_to_10.txt"]
    assert task_numbers(n=20)["targets"] == ["data/numbers_up_to_20.txt"]
