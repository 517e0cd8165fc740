"""Squares thousands of numbers at once, from decimal text to decimal text.

Eight digits are eight bytes: one machine word, which numpy handles as fast as a number. Digits
come to a value by joining neighbours three times (Daniel Lemire, "Quickly parsing eight digits",
2018), and a value to digits by looking up four of them at a time.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

MOST_DIGITS = 8

# The first digit is the lowest byte, whatever the machine is.
WORD = np.dtype("<u8")
Words: TypeAlias = npt.NDArray[np.uint64]

ALL_ZEROS = WORD.type(int.from_bytes(b"0" * 8, "little"))
# Added to a byte, this carries into its top bit what is above nine.
ABOVE_NINE = WORD.type(0x7676767676767676)
TOP_BITS = WORD.type(0x8080808080808080)
# To a value of one digit its neighbour is joined, to one of two the next two, and so on.
JOINS = ((10, 8, 0x00FF00FF00FF00FF), (100, 16, 0x0000FFFF0000FFFF), (10_000, 32, 0xFFFFFFFF))

TEN_THOUSAND = WORD.type(10_000)
FOUR_DIGITS = np.frombuffer(b"".join(b"%04d" % value for value in range(10_000)), "V4")
POWERS_OF_TEN = WORD.type(10) ** np.arange(1, 2 * MOST_DIGITS, dtype=WORD)

# A line before its leading zeros are left out.
LINE = np.dtype([("number", WORD), ("colon", "S1"), ("square", "V4", 4), ("end", "S1")])


def read_numbers(lines: bytes) -> Words | None:
    """Return a word for each line: its eight digits, zeros in front where it has fewer.

    None if any line is not one to eight of the digits 0 to 9 and a line feed.
    """
    if not lines.endswith(b"\n"):
        return None
    words, widths = _last_eight(lines)
    if widths.min() < 1 or widths.max() > MOST_DIGITS:
        return None
    of_other_lines = (8 * (MOST_DIGITS - widths)).astype(WORD)
    digits = (words ^ ALL_ZEROS) >> of_other_lines << of_other_lines
    if np.any((digits + ABOVE_NINE | digits) & TOP_BITS):
        return None
    return digits ^ ALL_ZEROS


def _last_eight(lines: bytes) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return what ends with each line, eight bytes of each, and the widths of the lines.

    The width of the first stands for all where they are alike.
    """
    text = np.frombuffer(bytes(MOST_DIGITS) + lines, np.uint8)
    width = lines.index(b"\n")
    count, left = divmod(len(lines), width + 1)
    if not left and lines[width :: width + 1] == b"\n" * count:
        return np.ndarray(count, WORD, text, width, (width + 1,)), np.array([width])
    ends = np.flatnonzero(text == ord("\n"))
    words = np.ndarray(len(lines), WORD, text, 0, (1,))[ends - MOST_DIGITS]
    return words, np.diff(ends, prepend=MOST_DIGITS - 1) - 1


def squared_lines(numbers: Words) -> memoryview:
    """Return the text `number:square`, a line for each word, without leading zeros."""
    values = numbers ^ ALL_ZEROS
    for base, bits, mask in JOINS:
        values = values * WORD.type(base) + (values >> WORD.type(bits)) & WORD.type(mask)
    squares = values * values
    lines = np.empty(len(numbers), LINE)
    lines["number"], lines["colon"], lines["end"] = numbers, b":", b"\n"
    rest = squares
    for place in (3, 2, 1, 0):
        above = rest // TEN_THOUSAND
        lines["square"][:, place] = FOUR_DIGITS.take((rest - above * TEN_THOUSAND).view(np.int64))
        rest = above
    return _without_leading_zeros(lines, values, squares).data


def _without_leading_zeros(
    lines: npt.NDArray[np.void], values: Words, squares: Words
) -> npt.NDArray[np.uint8]:
    fewest, most = ((len(str(f(values))), len(str(f(squares)))) for f in (np.min, np.max))
    if fewest == most:  # as of nearly all numbers in a row: two moves a line will do
        names = ["number", "square"]
        parts = [f"V{digits + 1}" for digits in most]
        starts = [MOST_DIGITS - most[0], LINE.itemsize - 1 - most[1]]
        places: Any = {
            "names": names,
            "formats": parts,
            "offsets": starts,
            "itemsize": LINE.itemsize,
        }
        kept = lines.view(np.dtype(places))
        packed = np.dtype(list(zip(names, parts, strict=True)))
        return np.asarray(kept.astype(packed).view(np.uint8))
    column = np.arange(2 * MOST_DIGITS)
    keep = np.ones((len(lines), LINE.itemsize), bool)
    keep[:, :8] = column[:8] >= MOST_DIGITS - _digits(values)
    keep[:, 9:25] = column >= 2 * MOST_DIGITS - _digits(squares)
    return lines.view(np.uint8).reshape(keep.shape)[keep]


def _digits(numbers: Words) -> npt.NDArray[np.int64]:
    """Return of each number, in a row of its own, how many digits it has."""
    return np.searchsorted(POWERS_OF_TEN, numbers, side="right")[:, None] + 1
