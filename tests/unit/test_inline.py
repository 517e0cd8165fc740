"""Actions that run in the thread of the run: whose standard outputs are theirs."""

from __future__ import annotations

import pytest
from doit.task import Stream, Task

from datamake.inline import is_redirected
from datamake.voice import Mouth, Voice

MOUTH = Mouth(99, (0, 0))


@pytest.mark.parametrize(
    ("io", "verbosity", "stream", "redirected"),
    [
        (None, None, Stream(1), True),
        (None, 0, Stream(1), True),
        (None, 2, Stream(1), False),
        (None, None, Stream(2), False),
        (None, 2, Stream(0, force_global=True), True),
        ({"capture": False}, 0, Stream(0), False),
        ({"capture": None}, 0, Stream(0), False),
        (None, 2, Voice(Stream(2), MOUTH, named=True, all_of_it=False), True),
        (None, 2, Voice(Stream(1), MOUTH, named=False, all_of_it=False), False),
        ({"capture": False}, 2, Voice(Stream(2), MOUTH, named=True, all_of_it=False), False),
    ],
)
def test_whether_the_outputs_are_not_those_of_the_run(
    io: dict[str, bool | None] | None, verbosity: int | None, stream: Stream, redirected: bool
) -> None:
    task = Task("t", ["true"], io=io, verbosity=verbosity)
    assert is_redirected(task, stream) is redirected
