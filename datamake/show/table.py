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
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> Iterator[str]:
    """Yield the heading and a line for each row, at most `width` characters if there is one.

    Columns in which nothing stands are left out.
    """
    from datamake.picture.labels import shortened, shown

    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    columns = [columns[place] for place in used]
    cells = [[shown(row[place]) for place in used] for row in rows]
    widths = _widths(columns, cells, width)
    for row in ([column.name for column in columns], *cells):
        cut = [shortened(text, most) for text, most in zip(row, widths, strict=True)]
        placed = (
            text.rjust(most) if column.right else text.ljust(most)
            for text, most, column in zip(cut, widths, columns, strict=True)
        )
        yield GAP.join(placed).rstrip()


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int | None
) -> list[int]:
    widths = [
        max(len(column.name), *(len(row[place]) for row in cells))
        for place, column in enumerate(columns)
    ]
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
