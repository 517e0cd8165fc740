"""Squaring many short numbers at once."""

from __future__ import annotations

import random

import pytest

from tasks.digits import read_numbers, squared_lines


def squares_of(numbers: list[str]) -> list[str]:
    words = read_numbers("".join(f"{number}\n" for number in numbers).encode())
    assert words is not None
    assert len(words) == len(numbers)
    return bytes(squared_lines(words)).decode().splitlines()


@pytest.mark.parametrize("digits", range(1, 9))
def test_numbers_of_one_width(digits: int) -> None:
    low, high = 10 ** (digits - 1), 10**digits - 1
    numbers = [low, low + 1, (low + high) // 3, high - 1, high]
    assert squares_of([str(n) for n in numbers]) == [f"{n}:{n * n}" for n in numbers]
    assert squares_of([str(high)] * 3) == [f"{high}:{high * high}"] * 3


def test_numbers_of_every_width_in_any_order() -> None:
    chosen = random.Random(1)
    numbers = [chosen.randrange(10 ** chosen.randint(1, 8)) for _ in range(2_000)]
    numbers += [0, 1, 9, 10, 31_622_776, 31_622_777, 99_999_999]
    assert squares_of([str(n) for n in numbers]) == [f"{n}:{n * n}" for n in numbers]


def test_zeros_in_front_are_left_out() -> None:
    assert squares_of(["007", "00000010", "0", "000"]) == ["7:49", "10:100", "0:0", "0:0"]
    assert squares_of(["01", "02"]) == ["1:1", "2:4"]


@pytest.mark.parametrize("byte", [*range(0, 10), *range(11, 48), *range(58, 256)])
def test_a_byte_that_is_no_digit_is_left_to_others(byte: int) -> None:
    for place in range(8):
        line = bytearray(b"12345678\n")
        line[place] = byte
        assert read_numbers(b"12345678\n" + line) is None
        assert read_numbers(b"123\n" + line) is None


@pytest.mark.parametrize(
    "lines", [b"", b"1", b"1\n2", b"\n", b"1\n\n2\n", b"123456789\n", b"1\n123456789\n"]
)
def test_lines_that_are_no_short_numbers_are_left_to_others(lines: bytes) -> None:
    assert read_numbers(lines) is None
