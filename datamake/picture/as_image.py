"""A picture as SVG or PNG, laid out by Graphviz."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from xml.etree import ElementTree

from datamake.picture import drawing
from datamake.picture.as_dot import dot
from datamake.picture.bundling import bundled
from datamake.picture.labels import hover, summary
from datamake.picture.model import Picture

SVG = "http://www.w3.org/2000/svg"
MISSING = (
    "pictures are drawn by Graphviz, which comes with pygraphviz: pip install 'datamake[graph]'"
    " (.dot, .mmd, .json and text need nothing)"
)
DOTS_PER_INCH = 144


class DrawingError(Exception):
    """Graphviz is not there or gave up; the text says so in a line."""


def png(picture: Picture) -> bytes:
    """Return a picture as PNG. Raises DrawingError."""
    return drawn(dot(picture, dots_per_inch=DOTS_PER_INCH), "png")


def svg(picture: Picture, *, legend: bool = True) -> str:
    """Return a picture as SVG that says more of what one points at. Raises DrawingError."""
    picture = bundled(picture)
    root = ElementTree.fromstring(drawn(dot(picture, legend=legend), "svg"))
    root.set("role", "img")
    root.set("aria-label", summary(picture.counts()))
    hovers = {f"n{i}": hover(node) for i, node in enumerate(picture.nodes)}
    for group in root.iter(f"{{{SVG}}}g"):
        _retitle(group, hovers.get(group.get("id", "")))
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _retitle(group: ElementTree.Element, text: str | None) -> None:
    """Put what is to be read in place of the names that Graphviz gives as titles."""
    title = group.find(f"{{{SVG}}}title")
    if title is None:
        return
    if text is None:
        group.remove(title)
    else:
        title.text = text
    for link in group.iter(f"{{{SVG}}}a"):
        link.tag = f"{{{SVG}}}g"
        link.attrib.clear()


def drawn(text: str, image_format: str, *, most_seconds: float | None = None) -> bytes:
    """Have Graphviz draw in a process of its own: Ctrl-C stops it, and it can't take doit along.

    Raises DrawingError, also where it takes longer than `most_seconds`.
    """
    if importlib.util.find_spec("pygraphviz") is None:
        raise DrawingError(MISSING)
    try:
        done = subprocess.run(
            [sys.executable, "-P", drawing.__file__, image_format],
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=most_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingError(f"Graphviz took longer than {most_seconds:g} s") from error
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise DrawingError(f"Graphviz could not draw this: {said[-1]}")
    return done.stdout
