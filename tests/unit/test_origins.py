"""Provenance as an outline."""

from __future__ import annotations

import pytest

from datamake.model import FileState
from datamake.origin import Maker, Origin, Standing
from datamake.show.origins import origin_lines, short_state

MAKER = Maker(
    stage="tidy",
    started=0.0,
    seconds=2.0,
    code={**{f"tasks/a.py:f{n}": "d" for n in range(7)}, "b.py:g": "d", "command": "d"},
    arguments={"n": "1", "m": "'x'"},
    parameters="n=1",
    inputs={"raw": "r"},
    outputs={},
)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("0123456789abcdef", "0123456789ab"),
        ("folder:0123456789abcdef", "folder:0123456789ab"),
        (None, "(none)"),
        ([1, "x"], '[1, "x"]'),
    ],
)
def test_a_state_in_short(state: FileState, text: str) -> None:
    assert short_state(state) == text


def test_a_time_in_short_has_all_its_digits() -> None:
    assert short_state(1_700_000_000_000_000_012).endswith(".000000012")


def test_a_file_with_its_maker() -> None:
    lines = list(origin_lines([Origin("a.txt", "abc", Standing.SAME, 1200, 0, MAKER)]))
    assert lines[0] == "a.txt  1.2 kB  abc  as it was built"
    assert lines[1].startswith("  made by tidy, as its record says: ")
    assert lines[2:] == [
        "  action     tasks/a.py: f0, f1, f2, f3, f4 and 2 more; b.py: g; command",
        "  parameters n=1",
        "  arguments  n = 1, m = 'x'",
        "  from",
    ]


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (Origin("a", "x", Standing.SAME, None, 1, MAKER), "as it was"),
        (Origin("a", "x", Standing.CHANGED, None, 0, MAKER), "changed by hand since it was built"),
        (Origin("a", "x", Standing.CHANGED, None, 1), "raw data, changed since"),
        (Origin("a", "x", Standing.SAME, None, 0), "no task makes it"),
        (Origin("a", "x", Standing.SAME, None, 1, told=True), "as it was (see above)"),
    ],
)
def test_how_it_stands(origin: Origin, said: str) -> None:
    assert next(iter(origin_lines([origin]))).endswith(f"a  x  {said}")


def test_deeper_files_stand_further_in_as_far_as_there_is_room() -> None:
    origins = [Origin(f"f{n}", "x", Standing.SAME, None, n) for n in range(40)]
    indents = [len(line) - len(line.lstrip()) for line in origin_lines(origins)]
    assert indents[:3] == [0, 4, 8]
    assert max(indents) == indents[-1] == 80
