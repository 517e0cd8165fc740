"""Writes the whole numbers from 1 to n, one a line."""

import os
from typing import Annotated, Any

from datamake import Meta

Count = Annotated[int, Meta(ge=0)]

# Few enough to stay small in memory whatever n is, enough to make the writes cheap.
NUMBERS_PER_WRITE = 65_536


def write_numbers(targets: list[str], n: int) -> None:
    """Write 1 to n, one a line, to the only path in targets; n=0 makes an empty file."""
    (target,) = targets
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    with open(target, "w", encoding="ascii") as output:
        for first in range(1, n + 1, NUMBERS_PER_WRITE):
            last = min(first + NUMBERS_PER_WRITE - 1, n)
            output.write("\n".join(map(str, range(first, last + 1))) + "\n")


def task_numbers(n: Count = 10) -> dict[str, Any]:
    """Write the numbers from 1 to n."""
    return {
        "targets": [f"data/numbers_up_to_{n}.txt"],
        "actions": [(write_numbers, [], {"n": n})],
        "clean": True,
    }
