"""Writes the whole numbers from 1 to n, one a line."""

import os
from typing import Annotated, Any

from datamake import Meta

Count = Annotated[int, Meta(ge=0)]

# Few enough to stay small in memory whatever n is, enough to make the writes cheap.
NUMBERS_PER_WRITE = 10_000


def write_numbers(targets: list[str], n: int) -> None:
    """Write 1 to n, one a line, to the only path in targets; n=0 makes an empty file."""
    (target,) = targets
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    # 120000, 120001, 120002: ten thousand numbers in a row begin alike and end like any other
    # ten thousand, so to join the one with the other is all there is to do.
    endings = [f"{number:04}\n" for number in range(NUMBERS_PER_WRITE)]
    with open(target, "w", encoding="ascii") as output:
        output.writelines(f"{number}\n" for number in range(1, min(n + 1, NUMBERS_PER_WRITE)))
        for first in range(NUMBERS_PER_WRITE, n + 1, NUMBERS_PER_WRITE):
            beginning = str(first // NUMBERS_PER_WRITE)
            output.write(beginning + beginning.join(endings[: n + 1 - first]))


def task_numbers(n: Count = 10) -> dict[str, Any]:
    """Write the numbers from 1 to n."""
    return {
        "targets": [f"data/numbers_up_to_{n}.txt"],
        "actions": [(write_numbers, [], {"n": n})],
        "clean": True,
    }
