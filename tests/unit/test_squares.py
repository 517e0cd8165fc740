"""Squaring the numbers of a file."""

import tracemalloc
from pathlib import Path

import pytest

from tasks.numbers import task_numbers, write_numbers
from tasks.squares import BYTES_PER_WRITE, MANY_BYTES, square, task_squares

# So many numbers in a row that they are squared at once.
MANY = 310_000


def squares_of(folder: Path, numbers: bytes) -> str:
    source, target = folder / "numbers.txt", folder / "squares.txt"
    source.write_bytes(numbers)
    square([str(source)], [str(target)])
    return target.read_text()


def test_each_number_is_written_with_its_square(tmp_path: Path) -> None:
    assert squares_of(tmp_path, b"1\n2\n10\n") == "1:1\n2:4\n10:100\n"


def test_no_numbers_give_no_squares(tmp_path: Path) -> None:
    assert squares_of(tmp_path, b"") == ""


def test_squares_are_exact_beyond_64_bits(tmp_path: Path) -> None:
    number = "1" + "0" * 28 + "1"
    square_of_number = "1" + "0" * 28 + "2" + "0" * 28 + "1"
    assert squares_of(tmp_path, f"{number}\n".encode()) == f"{number}:{square_of_number}\n"


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert squares_of(tmp_path, b"3\n-4") == "3:9\n-4:16\n"


def test_what_numbers_writes_is_what_squares_reads(tmp_path: Path) -> None:
    numbers, squares = tmp_path / "numbers.txt", tmp_path / "squares.txt"
    write_numbers([str(numbers)], MANY)
    assert numbers.stat().st_size >= MANY_BYTES
    square([str(numbers)], [str(squares)])
    lines = squares.read_text().splitlines()
    assert lines == [f"{number}:{number**2}" for number in range(1, MANY + 1)]
    assert task_squares(n=20)["file_dep"] == task_numbers(n=20)["targets"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"two", "'two'"),
        (b"", "''"),
        (b"1.5", "'1.5'"),
        (b"1 2", "'1 2'"),
        (b"\xff", r"'\\xff'"),
        (b"x" * 1000, repr("x" * 80)),
    ],
    ids=["word", "empty line", "fraction", "two numbers", "stray byte", "endless line"],
)
def test_a_broken_line_is_named_with_its_file_and_number(
    tmp_path: Path, line: bytes, found: str
) -> None:
    with pytest.raises(ValueError) as caught:
        squares_of(tmp_path, b"1\n" + line + b"\n3\n")
    assert str(caught.value) == (
        f"{tmp_path}/numbers.txt, line 2: expected a whole number, found {found}"
    )


def test_a_broken_line_far_down_is_counted_from_the_top(tmp_path: Path) -> None:
    numbers = b"7\n" * (BYTES_PER_WRITE + 5) + b"eight\n"
    with pytest.raises(ValueError, match=f"line {BYTES_PER_WRITE + 6}: .*'eight'"):
        squares_of(tmp_path, numbers)


@pytest.mark.parametrize(
    "odd",
    ["-4", "+4", "007", " 7\t", "1_000", "5\r", "999999999", "4294967296", "9" * 30, "9" * 60],
)
def test_among_many_numbers_an_odd_one_is_squared_too(tmp_path: Path, odd: str) -> None:
    many = b"12345678\n" * (MANY_BYTES // 9 + 1)
    before = len(many) // 9 // 2
    numbers = many[: before * 9] + f"{odd}\n".encode() + many
    lines = squares_of(tmp_path, numbers).splitlines()
    assert lines[before] == f"{int(odd)}:{int(odd) ** 2}"
    del lines[before]
    assert set(lines) == {"12345678:152415765279684"}
    assert len(lines) == before + len(many) // 9


@pytest.mark.parametrize("line", [b"two", b"", b"1.5", b"12:45678", b"12/45678", b"1 2", b"\xff"])
def test_among_many_numbers_a_broken_line_is_named(tmp_path: Path, line: bytes) -> None:
    many = b"12345678\n" * (MANY_BYTES // 9 + 1)
    with pytest.raises(ValueError, match=f"line {len(many) // 9 + 1}: expected a whole number"):
        squares_of(tmp_path, many + line + b"\n" + many)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_blanks_signs_and_zeros_around_a_number_do_not_count(tmp_path: Path, ending: str) -> None:
    numbers = ending.join(["  1", "2\t", "+3", "-4", "005", "-0", ""])
    assert squares_of(tmp_path, numbers.encode()) == "1:1\n2:4\n3:9\n-4:16\n5:25\n0:0\n"


def test_a_number_with_a_square_too_long_for_python_to_write_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 2: cannot write the square of '999") as caught:
        squares_of(tmp_path, b"1\n" + b"9" * 4000 + b"\n")
    assert "4300 digits" in str(caught.value)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    source = tmp_path / "numbers.txt"
    write_numbers([str(source)], MANY)
    tracemalloc.start()
    try:
        square([str(source)], [str(tmp_path / "squares.txt")])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Lines of 7 and of 19 characters take 56 and 68 bytes: all at once, 36 MB.
    assert peak < 18_000_000
