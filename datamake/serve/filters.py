"""How templates write names, times and what was printed, so that nothing leads readers astray."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from datamake.log_text import ERR, OUT, OWN
from datamake.picture.labels import shown
from datamake.serve.attempt_rows import rows
from datamake.serve.change_rows import differing, entries
from datamake.serve.reasons import kinds
from datamake.show import words

# Sequences that colour a terminal or move its cursor (ECMA-48), or set its title.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


def environment() -> Environment:
    """Return the templates, which escape all that they are given."""
    found = Environment(
        loader=PackageLoader("datamake.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        size=words.size,
        duration=words.duration,
        count=words.count,
        shown=shown,
        shown_lines=shown_lines,
        stage_path=stage_path,
        address=address,
        moment=moment,
        iso=iso,
        differing=differing,
        entries=entries,
        kinds=kinds,
        rows=rows,
        written=written,
    )
    return found


def shown_lines(text: str) -> str:
    """Return a text of several lines without what a terminal would obey, the rest as `shown`."""
    lines = ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(map(shown, line.split("\t"))) for line in lines)


def written(lines: list[str]) -> list[str]:
    """Return what actions wrote, of lines of a log; what is none of a log stays as it is."""
    if not all(line.startswith((OWN, OUT, ERR)) for line in lines):
        return lines
    return [line[len(OUT) :] for line in lines if not line.startswith(OWN)]


def stage_path(name: str) -> str:
    """Return the address of a stage, whatever bytes are in its name."""
    return f"/stage/{address(name)}"


def address(name: str) -> str:
    """Return a name as one part of an address, with slashes that are none of a folder's."""
    return quote(name.encode("utf-8", "surrogateescape"), safe="")


def moment(seconds: float | None) -> str:
    """Return a time in seconds since the epoch as people here read it, "" for none."""
    if seconds is None:
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def iso(seconds: float | None) -> str:
    """Return a time in seconds since the epoch in ISO 8601, "" for none."""
    if seconds is None:
        return ""
    text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(seconds))
    return f"{text[:-2]}:{text[-2:]}"
