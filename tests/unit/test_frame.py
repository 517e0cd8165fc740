"""What the display shows, in terminals of any size."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from datamake.forecast import Expected
from datamake.show import events
from datamake.show.frame import Frame
from datamake.show.standing import Standing

HOSTILE = "\x1b[2J[red]日本語\nsecond line\u202e"


class Shown:
    """A display of a run with a clock that is set by hand."""

    def __init__(self, *names: str, usual: float | None = None, encoding: str = "utf-8") -> None:
        self.now = 0.0
        self.standing = Standing(lambda: self.now)
        known = dict.fromkeys(names, usual or 1.0)
        self.standing.expect(Expected(frozenset(names), known if usual else {}, known, {}, 2))
        self.standing.hear(events.RunBegun(stages=len(names), fresh=0))
        self.frame = Frame(self.standing, encoding)
        for name in names:
            begun = events.Begun(stage=name, reasons=(), usual=usual, has_terminal=False)
            self.standing.hear(begun)

    def lines(self, columns: int = 80, height: int = 24, unfinished: str = "") -> list[str]:
        """What is shown, without colours."""
        drawn = self.frame.lines((columns, height), unfinished)
        return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in drawn]


def test_every_running_stage_with_its_time_and_its_usual_time() -> None:
    shown = Shown("fetch", "squares", usual=30.0)
    shown.now = 12.2
    assert shown.lines()[:2] == ["  fetch    12 s of 30 s", "  squares  12 s of 30 s"]
    assert shown.lines()[2].endswith("0/2 stages  12 s, about 18 s left")


def test_without_earlier_runs_nothing_is_foretold() -> None:
    shown = Shown("fetch")
    shown.now = 61.0
    assert shown.lines()[0] == "  fetch  1 min 01 s"
    assert shown.lines()[1].endswith("0/1 stages  1 min 01 s")


def test_how_far_a_stage_says_it_is() -> None:
    shown = Shown("rows", "bytes", "unknown")
    said = events.Progress
    shown.standing.hear(said(stage="rows", done=2500.0, total=5000.0, unit="rows"))
    shown.standing.hear(said(stage="bytes", done=1.5e9, total=3e9, unit="B"))
    shown.standing.hear(said(stage="unknown", done=7.0, total=None, unit="items"))
    wide, narrow = shown.lines(), shown.lines(42)
    assert [line.split()[-2:] for line in wide[:3]] == [
        ["2,500/5,000", "rows"],
        ["GB/3.0", "GB"],
        ["7", "items"],
    ]
    assert "━" in wide[0] and "━" not in wide[2]
    assert narrow[0] == "  rows     0 s  2,500/5,000 rows"
    assert shown.lines(32)[0] == "  rows     0 s  2,500/5,000"
    assert shown.lines(26)[0] == "  rows     0 s  50%"


def test_whom_a_stage_waits_for() -> None:
    shown = Shown("squares", usual=30.0)
    waiting = events.Waiting(stage="squares", pid=812, host="far", since=0.0, line="")
    shown.standing.hear(waiting)
    shown.now = 3.0
    assert shown.lines()[0] == "  squares  3 s  waits for pid 812 on host far"
    assert shown.lines(40)[0] == "  squares  3 s  pid 812 on host far"


@pytest.mark.parametrize("columns", [1, 2, 5, 10, 20, 39, 40, 41, 60, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 10])
def test_it_fits_whatever_the_size_and_the_names(columns: int, height: int) -> None:
    shown = Shown(*(f"{number}{HOSTILE}{'x' * number * 20}" for number in range(6)), usual=3.0)
    for stage in shown.standing.running:
        shown.standing.hear(events.Progress(stage=stage, done=1e9, total=1e10, unit=HOSTILE))
    lines = shown.lines(columns, height, unfinished="y" * 300)
    assert max(map(cell_len, lines)) <= columns
    assert len(lines) <= max(2, height)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_a_long_name_is_cut_in_its_middle() -> None:
    shown = Shown("clean:a_very_long_name_of_a_partition_that_goes_on_and_on_2013")
    assert shown.lines()[0] == "  clean:a_very_lo…_on_and_on_2013  0 s"
    assert shown.lines(30)[0] == "  clean…_2013  0 s"


def test_a_terminal_without_such_letters_has_others() -> None:
    shown = Shown("n" * 90, encoding="ascii")
    assert "..." in shown.lines()[0]
    assert all(line.isascii() for line in shown.lines())


def test_more_than_fit_are_summed_up() -> None:
    shown = Shown(*(f"stage{number}" for number in range(40)))
    lines = shown.lines(80, 10)
    assert len(lines) == 8
    assert lines[-2] == "  and 34 more"


def test_what_is_looked_at_while_nothing_runs() -> None:
    shown = Shown()
    shown.standing.hear(events.LookedAt(stage="big"))
    assert shown.lines()[0] == "  looking at big"


def test_failures_are_counted_in_the_last_line() -> None:
    shown = Shown("a")
    shown.standing.failed = 2
    assert "0/1 stages, 2 failed  0 s" in shown.lines()[-1]
