"""What a display of a run shows at one moment, as lines of text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from datamake.show import words
from datamake.show.standing import Running, Standing

# Below these widths there is no room for the bar of a stage, or for that of all stages.
WIDTH_FOR_STAGE_BARS = 70
WIDTH_FOR_BAR = 50
STAGE_BAR = 16
WIDEST_NAME = 40
NARROWEST_NAME = 8

# Lines above the display that a small terminal should still have room for.
LINES_ABOVE = 2


class Frame:
    """Makes lines for a terminal with an encoding, of how a run stands."""

    def __init__(self, standing: Standing, encoding: str) -> None:
        self._standing = standing
        # What is printed is taken from the console, not from this file: it tells the encoding.
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        self._console = Console(file=file, force_terminal=True, legacy_windows=False)
        self._ellipsis = "..." if self._console.options.ascii_only else "…"

    def lines(self, size: tuple[int, int], unfinished: str = "") -> list[str]:
        """Return lines that fit into so many columns and lines.

        `unfinished` is a line that is still being written by what runs.
        """
        width, height = max(1, size[0] - 1), size[1]
        self._console.size = (width, height)
        most = max(0, height - LINES_ABOVE - 1 - bool(unfinished))
        with self._console.capture() as captured:
            self._print_stages(width, most)
            if unfinished:
                self._print(Text(unfinished), width)
            self._console.print(self._whole(width), no_wrap=True, crop=True)
        return captured.get().splitlines()

    def _print_stages(self, width: int, most: int) -> None:
        running = list(self._standing.running.values())
        if not running and self._standing.looked_at and most:
            name = self.cut(self._standing.looked_at, max(1, width - 13))
            self._print(Text(f"  looking at {name}", style="dim"), width)
        if len(running) > most:
            fitting = running[: max(0, most - 1)]
            rest = f"  and {len(running) - len(fitting)} more"
            running = fitting
        else:
            rest = ""
        if running:
            self._console.print(self._table(running, width), no_wrap=True, crop=True)
        if rest and most:
            self._print(Text(rest, style="dim"), width)

    def _print(self, text: Text, width: int) -> None:
        text.truncate(width)
        self._console.print(text, no_wrap=True, crop=True, highlight=False)

    def _table(self, running: list[Running], width: int) -> Table:
        """Return a row for each stage: its name, for how long it has run, how far it is."""
        names = [words.escaped(each.stage) for each in running]
        most = max(NARROWEST_NAME, min(WIDEST_NAME, width * 2 // 5))
        column = min(most, max(cell_len(name) for name in names))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=column + 2, no_wrap=True)
        now = self._standing.clock()
        rest = []
        for each in running:
            took = _whole_seconds(now - each.since)
            usual = f" of {_whole_seconds(each.usual)}" if each.usual and each.usual >= 1 else ""
            rest.append(took if each.waits_for else f"{took}{usual}")
        times = max(len(text) for text in rest)
        table.add_column(width=times, no_wrap=True)
        table.add_column(width=max(1, width - column - times - 8), no_wrap=True)
        for each, name, took in zip(running, names, rest, strict=True):
            label = Text(f"  {self.cut(name, column)}", style="" if each.waits_for else "bold")
            table.add_row(label, Text(took), self._state(each, width - column - times - 8, width))
        return table

    def _state(self, running: Running, room: int, width: int) -> Table | Text:
        """Return what a stage waits for, or how far it says it is."""
        if running.waits_for:
            by = words.escaped(running.waits_for)
            shorter = (f"waits for {by}", by, self.cut(f"waits for {by}", max(1, room)))
            return Text(_fitting(shorter, room), style="yellow")
        if not running.says:
            return Text("")
        counted = Text(_fitting(_counted(running), room))
        if width < WIDTH_FOR_STAGE_BARS or not running.total or room < STAGE_BAR + len(counted) + 1:
            return counted
        row = Table.grid(padding=(0, 1, 0, 0))
        bar = _bar(min(running.done, running.total), running.total, STAGE_BAR)
        row.add_row(bar, counted)
        return row

    def _whole(self, width: int) -> Table | Text:
        """Return the line of the whole run."""
        standing = self._standing
        took = _whole_seconds(standing.clock() - standing.begun)
        left = standing.left()
        about = "" if left is None else f"{_whole_seconds(max(1.0, left))} left"
        failed = f", {standing.failed} failed" if standing.failed else ""
        done = f"{standing.done}/{standing.total}"
        text = Text(
            _fitting(
                (
                    f"{done} stages{failed}  {took}{', about ' if about else ''}{about}",
                    f"{done}{failed}  {about or took}",
                    f"{done}{failed}",
                    done,
                ),
                width,
            )
        )
        text.highlight_words([failed[2:]] if failed else [], "bold red")
        if width < WIDTH_FOR_BAR:
            return text
        row = Table.grid(padding=(0, 1, 0, 0))
        room = max(8, min(40, width - cell_len(text.plain) - 3))
        row.add_row(_bar(standing.done, max(1, standing.total), room), text)
        return row

    def cut(self, text: str, cells: int) -> str:
        """Return a text that is at most so many cells wide, with an ellipsis in its middle."""
        text = words.escaped(text)
        if cell_len(text) <= cells:
            return text
        room = cells - len(self._ellipsis)
        if room < 2:
            return set_cell_size(text, cells)
        head = set_cell_size(text, room - room // 2).rstrip()
        tail = set_cell_size(text[::-1], room // 2)[::-1].lstrip()
        return f"{head}{self._ellipsis}{tail}"


def _bar(done: float, total: float, width: int) -> ProgressBar:
    return ProgressBar(total, done, width, complete_style="cyan", finished_style="cyan")


def _whole_seconds(seconds: float) -> str:
    """Return a time span in whole seconds, so that it does not change all the time."""
    whole = int(seconds + 0.5)
    return f"{whole} s" if whole < 60 else words.duration(whole)


def _counted(running: Running) -> Iterator[str]:
    """Yield how much of its work a stage has done, shorter and shorter."""
    if running.unit == "B":
        done = words.size(int(running.done))
        whole = f"/{words.size(int(running.total))}" if running.total else ""
    else:
        done = f"{running.done:,.0f}"
        whole = f"/{running.total:,.0f}" if running.total else ""
        yield f"{done}{whole} {words.escaped(running.unit)}".rstrip()
    yield f"{done}{whole}"
    if running.total:
        yield f"{min(1.0, running.done / running.total):.0%}"


def _fitting(texts: Iterable[str], cells: int) -> str:
    """Return the first of some texts that is at most so many cells wide, "" if none is."""
    return next((text for text in texts if cell_len(text) <= cells), "")
