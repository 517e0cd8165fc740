"""The formats of a picture by suffix."""

from __future__ import annotations

import os
from collections.abc import Callable

from datamake.picture.as_dot import dot
from datamake.picture.as_html import page
from datamake.picture.as_image import png, svg
from datamake.picture.as_json import as_json
from datamake.picture.as_mermaid import mermaid
from datamake.picture.as_text import outline
from datamake.picture.model import Picture

FORMATS: dict[str, Callable[[Picture], str | bytes]] = {
    "svg": svg,
    "png": png,
    "html": page,
    "dot": dot,
    "mmd": mermaid,
    "json": as_json,
    "txt": outline,
}


class FormatError(ValueError):
    """A format that there is not; the text names those that there are."""


def chosen(output: str, asked: str) -> str:
    """Return the format of a file name, unless another is asked for. Raises FormatError."""
    name = (asked or os.path.splitext(output)[1]).lower().removeprefix(".")
    if name in FORMATS:
        return name
    what = f"{asked!r} is no format of a picture" if asked else f"{output!r} has no known suffix"
    raise FormatError(f"{what}: there are .{', .'.join(FORMATS)}")


def encoded(picture: Picture, name: str) -> bytes:
    """Return a picture in a format. Raises DrawingError where Graphviz is wanted and missing."""
    content = FORMATS[name](picture)
    return content if isinstance(content, bytes) else content.encode("utf-8")
