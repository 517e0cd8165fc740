"""A table as text: columns as wide as what is in them, or cut in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

GAP = "  "


class Column(Struct, frozen=True):
    """A column: its heading, whether numbers are in it, and how far it may be narrowed.

    Without `least` it is never narrowed.
    """

    name: str
    right: bool = False
    least: int | None = None


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    spared: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the heading and a line for each row, at most `width` characters if there is one.

    Columns in which nothing stands are left out, and one after the other those that are named in
    `spared`, as long as lines would not fit however they are narrowed.
    """
    from datamake.picture.labels import shortened, shown

    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    columns = [columns[place] for place in used]
    cells = [[shown(row[place]) for place in used] for row in rows]
    for name in spared:
        if width is None or _narrowest(columns, cells) <= width:
            break
        kept = [place for place, column in enumerate(columns) if column.name != name]
        columns = [columns[place] for place in kept]
        cells = [[row[place] for place in kept] for row in cells]
    widths = _widths(columns, cells, width)
    for row in ([column.name for column in columns], *cells):
        cut = [shortened(text, most) for text, most in zip(row, widths, strict=True)]
        placed = (
            text.rjust(most) if column.right else text.ljust(most)
            for text, most, column in zip(cut, widths, columns, strict=True)
        )
        yield GAP.join(placed).rstrip()


def _narrowest(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> int:
    """Return how wide lines are whose columns are as narrow as they may be."""
    widths = zip(columns, _whole(columns, cells), strict=True)
    least = [most if column.least is None else min(most, column.least) for column, most in widths]
    return sum(least) + len(GAP) * (len(least) - 1)


def _whole(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max(len(column.name), *(len(row[place]) for row in cells))
        for place, column in enumerate(columns)
    ]


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int | None
) -> list[int]:
    widths = _whole(columns, cells)
    if width is None:
        return widths
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while over > 0:
        room = [
            (widths[place] - column.least, place)
            for place, column in enumerate(columns)
            if column.least is not None and widths[place] > column.least
        ]
        if not room:
            return widths
        # The one with the most to spare gives way, until another one has more.
        widths[max(room)[1]] -= 1
        over -= 1
    return widths
