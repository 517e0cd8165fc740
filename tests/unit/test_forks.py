"""A check of many items by several processes."""

from __future__ import annotations

import os
import signal

import pytest

from datamake import forks
from datamake.forks import check_all, said_apart


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few items be enough for four processes."""
    monkeypatch.setattr(forks, "FEWEST", 3)
    monkeypatch.setattr(forks, "usable_cores", lambda: 4)


def is_odd(number: int) -> bool:
    return number % 2 == 1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 11, 12, 13, 1000])
def test_each_item_has_its_answer_in_order(count: int) -> None:
    assert check_all(is_odd, range(count)) == [is_odd(number) for number in range(count)]


def test_several_processes_answer_and_none_is_left() -> None:
    mine = os.getpid()
    answers = check_all(lambda _: os.getpid() == mine, range(12))
    assert answers == [True] * 3 + [False] * 9
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_few_items_are_checked_here() -> None:
    mine = os.getpid()
    assert check_all(lambda _: os.getpid() == mine, range(2)) == [True, True]


@pytest.mark.parametrize("end", ["raise", "exit", "kill"])
def test_what_a_process_that_fails_owes_is_found_out_here(end: str) -> None:
    mine = os.getpid()

    def fails_elsewhere(number: int) -> bool:
        if os.getpid() != mine and number == 7:
            if end == "kill":
                os.kill(os.getpid(), 9)
            elif end == "exit":
                os._exit(0)
            raise ValueError(number)
        return is_odd(number)

    assert check_all(fails_elsewhere, range(12)) == [is_odd(number) for number in range(12)]


def test_where_no_process_is_to_be_had_all_is_checked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_fork)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert check_all(is_odd, range(12)) == [is_odd(number) for number in range(12)]
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_what_fails_here_is_raised() -> None:
    def fails(number: int) -> bool:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        check_all(fails, range(2))


def test_what_a_process_says_that_fails_or_is_killed_is_nothing() -> None:
    def fails() -> bytes:
        raise ValueError

    def is_killed() -> bytes:
        os.kill(os.getpid(), signal.SIGBUS)
        return b"never"

    assert [said_apart(say) for say in (lambda: b"word", fails, is_killed)] == [b"word", b"", b""]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
