"""A log as a terminal shows it."""

from __future__ import annotations

import pytest

from datamake.show.log import on_terminal

LOG = (
    "# stage: s\n  out\n! err\n  \x1b[1mbold\x1b[0m\t50%\r100%\n"
    "  ]0;\x07 \x1b]0;title\x9b2J\n# built\n"
)


def test_marks_become_colours() -> None:
    shown = "".join(on_terminal([LOG], coloured=True))
    assert shown.startswith("\x1b[2m# stage: s\x1b[0m\nout\n\x1b[31merr\x1b[0m\n\x1b[1mbold")
    assert shown.endswith("\x1b[2m# built\x1b[0m\n")


def test_without_colours_marks_stay() -> None:
    shown = "".join(on_terminal([LOG], coloured=False))
    assert shown.startswith("# stage: s\n  out\n! err\n")


@pytest.mark.parametrize("length", [1, 2, 3, 7, 1000])
def test_a_terminal_is_not_steered_by_what_was_printed(length: int) -> None:
    chunks = [LOG[at : at + length] for at in range(0, len(LOG), length)]
    shown = "".join(on_terminal(chunks, coloured=True))
    assert "\t50%\r100%\n" in shown
    assert not {"\x07", "\x9b"} & set(shown)
    assert "\x1b]" not in shown
