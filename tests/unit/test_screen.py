"""The last lines of a terminal: a real pseudo-terminal, and what arrives at it."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator

import pytest

from datamake.show.above import Above, Passing
from datamake.show.screen import Screen, harmless


class Terminal:
    """A pseudo-terminal: a stream that writes to it, and what has arrived there."""

    def __init__(self) -> None:
        self.far, near = pty.openpty()
        self.stream = os.fdopen(near, "w", encoding="utf-8")
        self.resize(80, 24)
        self.screen = Screen(self.stream, threading.RLock())

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def arrived(self) -> str:
        """Return what has been written since the last time."""
        os.write(self.stream.fileno(), b"\0")
        text = b""
        while not text.endswith(b"\0"):
            text += os.read(self.far, 1 << 16)
        return text[:-1].decode().replace("\r\n", "\n")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.stream.close()
    os.close(made.far)


def test_the_cursor_is_put_back_to_the_first_line_and_hidden(terminal: Terminal) -> None:
    terminal.screen.draw(["one", "two", "three"])
    said = terminal.arrived()
    assert "one\x1b[K" in said
    assert said.endswith("three\x1b[K\x1b[J\r\x1b[2A\x1b[?7h")
    assert "\x1b[?25l" in said


def test_the_same_is_not_drawn_twice_unless_the_size_changed(terminal: Terminal) -> None:
    terminal.screen.draw(["one"])
    assert terminal.arrived()
    terminal.screen.draw(["one"])
    assert terminal.arrived() == ""
    terminal.resize(40, 10)
    assert terminal.screen.size() == (40, 10)
    terminal.screen.draw(["one"])
    assert "one" in terminal.arrived()


def test_what_goes_above_comes_before_the_lines_that_are_drawn_again(terminal: Terminal) -> None:
    terminal.screen.above("before\n")
    assert terminal.arrived() == "before\n"
    terminal.screen.draw(["bar"])
    terminal.arrived()
    terminal.screen.above("built\n")
    said = terminal.arrived()
    assert said.startswith("\r\x1b[Jbuilt\n")
    assert "bar" in said


def test_cleared_nothing_is_left_and_the_cursor_is_back(terminal: Terminal) -> None:
    terminal.screen.clear()
    assert terminal.arrived() == ""
    terminal.screen.draw(["one", "two"])
    terminal.arrived()
    terminal.screen.clear()
    assert terminal.arrived() == "\r\x1b[J\x1b[?7h\x1b[?25h"
    assert not terminal.screen.is_drawn


def test_a_forked_process_leaves_the_drawing_to_its_parent(terminal: Terminal) -> None:
    terminal.screen.draw(["bar"])
    terminal.arrived()
    child = os.fork()
    if not child:
        terminal.screen.above("from below\n")
        os._exit(0)
    os.waitpid(child, 0)
    assert terminal.arrived() == "\r\x1b[Jfrom below\n"


def test_a_terminal_without_a_size_has_the_usual_one(terminal: Terminal) -> None:
    terminal.resize(0, 0)
    assert terminal.screen.size() == (80, 24)


def test_a_terminal_that_is_gone_is_written_to_no_more() -> None:
    terminal = Terminal()
    os.close(terminal.far)
    terminal.screen.draw(["bar"])
    terminal.screen.above("built\n")
    terminal.screen.clear()
    terminal.stream.close()


def test_a_stage_keeps_its_colours_and_nothing_that_moves_the_cursor() -> None:
    text = "\x1b[31mred\x1b[0m\x1b[5A\x1b[2J\x1b]0;title\x07\x1bc\x07 \x1b[38;5;1mx\ttab\nline"
    assert harmless(text) == "\x1b[31mred\x1b[0m \x1b[38;5;1mx\ttab\nline"


# Streams


def passing(terminal: Terminal) -> Passing:
    return Passing(terminal.stream, terminal.screen)


def test_with_nothing_drawn_a_stream_passes_on_what_it_gets(terminal: Terminal) -> None:
    stream = passing(terminal)
    stream.write("\rdone 10%\x1b[5A")
    assert terminal.arrived() == "\rdone 10%\x1b[5A"
    assert stream.isatty()
    assert stream.fileno() == terminal.stream.fileno()


def test_whole_lines_go_above_and_the_rest_is_shown(terminal: Terminal) -> None:
    terminal.screen.draw(["bar"])
    terminal.arrived()
    stream = passing(terminal)
    stream.writelines(["one\ntw", "o\n", "thr"])
    said = terminal.arrived()
    assert "\r\x1b[Jone\n" in said
    assert stream.rest == "thr"
    stream.end()
    assert "thr\n" in terminal.arrived()


def test_a_bar_that_is_written_over_is_one_line(terminal: Terminal) -> None:
    terminal.screen.draw(["bar"])
    stream = passing(terminal)
    for percent in range(101):
        stream.write(f"\r{percent}%")
    assert stream.rest == "100%"
    for percent in range(101):
        stream.write(f"{percent} %\r")
    assert stream.rest == "100 %"
    terminal.arrived()
    stream.write("\n")
    assert "\x1b[J100 %\n" in terminal.arrived()


def test_a_report_goes_above_when_it_is_flushed(terminal: Terminal) -> None:
    report = Above(terminal.screen)
    report.write("built  a\n")
    report.writelines(["   out\n"])
    assert terminal.arrived() == ""
    report.flush()
    report.flush()
    assert terminal.arrived() == "built  a\n   out\n"


def test_what_an_encoding_lacks_is_escaped(terminal: Terminal) -> None:
    terminal.screen.above("caf\udce9\n")
    assert terminal.arrived() == "caf\\udce9\n"
    assert isinstance(terminal.stream, io.TextIOWrapper)
