"""Squares every number of a file, exactly, however large the numbers are."""

import io
import os
from typing import Any

from tasks.numbers import Count

# Few enough to stay in the processor's cache, enough to make the writes cheap.
BYTES_PER_WRITE = 65_536
# From here on squaring thousands at once saves more time than the import of numpy takes.
MANY_BYTES = 2_000_000


def square(dependencies: list[str], targets: list[str]) -> None:
    """Write the line `number:square` for each line of the only path in dependencies.

    Raises ValueError, naming the file, the line number and its text, for a line which
    is no whole number.
    """
    (source,) = dependencies
    (target,) = targets
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    many = os.path.getsize(source) >= MANY_BYTES
    with open(source, "rb") as numbers, open(target, "wb") as output:
        while lines := numbers.read(BYTES_PER_WRITE) + numbers.readline():
            try:
                output.write(square_at_once(lines) if many else square_each(lines))
            except ValueError as error:
                raise ValueError(describe_broken_line(source)) from error


def square_each(lines: bytes) -> bytes:
    """Square numbers of any length; raises ValueError for a line which is no whole number."""
    # A stray byte becomes text like \\xff, so it too is refused, and named by its line.
    text = io.TextIOWrapper(io.BytesIO(lines), encoding="ascii", errors="backslashreplace")
    return "".join([f"{n}:{n * n}\n" for n in map(int, text)]).encode("ascii")


def square_at_once(lines: bytes) -> bytes | memoryview:
    """Square numbers of up to eight digits all at once, and any others as `square_each` does."""
    from tasks.digits import read_numbers, squared_lines

    numbers = read_numbers(lines)
    return square_each(lines) if numbers is None else squared_lines(numbers)


def describe_broken_line(path: str) -> str:
    """Say which line of a file is the first that cannot be squared, counted from 1."""
    with open(path, encoding="ascii", errors="backslashreplace") as lines:
        for line_number, line in enumerate(lines, start=1):
            text = line.rstrip("\n")
            try:
                number = int(text)
            except ValueError:
                return f"{path}, line {line_number}: expected a whole number, found {text[:80]!r}"
            try:
                str(number * number)
            except ValueError as error:
                named = f"{path}, line {line_number}"
                return f"{named}: cannot write the square of {text[:80]!r}: {error}"
    raise AssertionError(f"{path}: every line can be squared")


def task_squares(n: Count = 10) -> dict[str, Any]:
    """Square every number up to n."""
    return {
        "file_dep": [f"data/numbers_up_to_{n}.txt"],
        "targets": [f"data/squares_up_to_{n}.txt"],
        "actions": [square],
        "clean": True,
    }
