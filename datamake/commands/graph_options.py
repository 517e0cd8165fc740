"""The options of `doit graph`, and how what was typed for them is read."""

from __future__ import annotations

from typing import Any

from doit.exceptions import InvalidCommand
from msgspec import Struct


def _depth(option: str, text: str) -> int:
    from datamake.picture.selection import EVERYTHING

    if text == "all":
        return EVERYTHING
    if not text.isdecimal():
        raise InvalidCommand(f"--{option} takes a number of steps, or all: {text!r} is neither")
    return int(text)


def _option(name: str, kind: Any, default: Any, text: str, **more: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "default": default, "help": text, **more}


OPTIONS = (
    _option(
        *("output", str, ""),
        "write a picture: .svg, .png, .html, .dot, .mmd (Mermaid), .json or .txt; - is standard"
        " output [default: an outline on standard output]",
        short="o",
        long="output",
    ),
    _option("format", str, "", "the format, where no suffix says it: svg, ...", long="format"),
    _option("stages", bool, False, "leave the files out", long="stages"),
    _option(
        *("up", str, ""),
        "how many steps upstream of the selection, or all [default: all; with --down: 0]",
        long="up",
    ),
    _option(
        *("down", str, ""),
        "how many steps downstream of the selection, or all [default: all; with --up: 0]",
        long="down",
    ),
    _option(
        *("fold", int, 50),
        "fold groups with more sub-tasks than this into one [default: %(default)s]",
        long="fold",
    ),
    _option("durations", bool, False, "say how long the last builds took", long="durations"),
)


class GraphOptions(Struct, frozen=True):
    """The options of one picture, named as they are typed."""

    output: str
    format: str
    stages: bool
    up: str
    down: str
    fold: int
    durations: bool

    @classmethod
    def of(cls, params: Any) -> GraphOptions:
        """Take the options from doit's parameters.

        Raises InvalidCommand for what is no number of sub-tasks.
        """
        options = cls(**{name: params[name] for name in cls.__struct_fields__})
        if options.fold < 0:
            raise InvalidCommand(f"--fold={options.fold} is no number of sub-tasks")
        return options

    @property
    def depths(self) -> tuple[int, int]:
        """How many steps up- and downstream are wanted: all, if nothing was typed.

        Raises InvalidCommand for what is no number of steps.
        """
        up, down = (self.up, self.down) if self.up or self.down else ("all", "all")
        return _depth("up", up or "0"), _depth("down", down or "0")
