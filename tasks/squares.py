"""Squares every number of a file, exactly, however large the numbers are."""

import os
from collections.abc import Sequence
from itertools import islice
from typing import Any

from tasks.numbers import Count

# Few enough to stay small in memory whatever n is, enough to make the writes cheap.
LINES_PER_WRITE = 65_536


def square(dependencies: list[str], targets: list[str]) -> None:
    """Write the line `number:square` for each line of the only path in dependencies.

    Raises ValueError, naming the file, the line number and its text, for a line which
    is no whole number.
    """
    (source,) = dependencies
    (target,) = targets
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    lines_before = 0
    # A stray byte reaches the check below as text like \xff, so it too is named by its line.
    with (
        open(source, encoding="ascii", errors="backslashreplace") as lines,
        open(target, "w", encoding="ascii") as output,
    ):
        while chunk := list(islice(lines, LINES_PER_WRITE)):
            try:
                output.write("".join([f"{n}:{n * n}\n" for n in map(int, chunk)]))
            except ValueError as error:
                raise ValueError(describe_broken_line(source, chunk, lines_before)) from error
            lines_before += len(chunk)


def describe_broken_line(path: str, lines: Sequence[str], lines_before: int) -> str:
    """Say which of the lines is the first that cannot be squared, counted from 1."""
    for line_number, line in enumerate(lines, start=lines_before + 1):
        text = line.rstrip("\n")
        try:
            number = int(text)
        except ValueError:
            return f"{path}, line {line_number}: expected a whole number, found {text[:80]!r}"
        try:
            str(number * number)
        except ValueError as error:
            return f"{path}, line {line_number}: cannot write the square of {text[:80]!r}: {error}"
    raise AssertionError(f"{path}: every line after line {lines_before} can be squared")


def task_squares(n: Count = 10) -> dict[str, Any]:
    """Square every number up to n."""
    return {
        "file_dep": [f"data/numbers_up_to_{n}.txt"],
        "targets": [f"data/squares_up_to_{n}.txt"],
        "actions": [square],
        "clean": True,
    }
