"""Standard outputs that lead each thread elsewhere."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from datamake.routed import Routed


@contextmanager
def routed() -> Iterator[io.StringIO]:
    """Yield what is printed in the block by those who have not said where to."""
    # pytest puts its own in the place of the outputs between a fixture and its test.
    terminal = io.StringIO()
    with redirect_stdout(terminal), redirect_stderr(terminal), Routed.installed():
        yield terminal


def in_a_thread(function: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_a_thread_that_was_started_in_the_block_writes_where_its_starter_does() -> None:
    out, inner = io.StringIO(), io.StringIO()
    with routed() as terminal, Routed.to(out, out):
        in_a_thread(lambda: in_a_thread(lambda: print("below")).join()).join()
        with Routed.to(inner, inner):
            in_a_thread(lambda: print("further in")).join()
    assert (out.getvalue(), inner.getvalue()) == ("below\n", "further in\n")
    assert terminal.getvalue() == ""


def test_a_thread_that_outlives_the_block_writes_to_the_terminal_then() -> None:
    """And not into what its starter, another stage by then, writes to."""
    first, second, go_on = io.StringIO(), io.StringIO(), threading.Event()

    def outlive() -> None:
        assert go_on.wait(60)
        print("late")

    with routed() as terminal:
        with Routed.to(first, first):
            late = in_a_thread(outlive)
        with Routed.to(second, second):
            go_on.set()
            late.join()
    assert (first.getvalue(), second.getvalue()) == ("", "")
    assert terminal.getvalue() == "late\n"


def test_a_thread_that_was_started_by_nobody_who_said_so_writes_to_the_terminal() -> None:
    with routed() as terminal:
        in_a_thread(lambda: print("plain")).join()
    assert terminal.getvalue() == "plain\n"


def test_behind_it_threads_are_started_as_before() -> None:
    start, out = threading.Thread.start, sys.stdout
    with Routed.installed():
        assert threading.Thread.start is not start
    assert threading.Thread.start is start
    assert sys.stdout is out
