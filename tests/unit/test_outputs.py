"""Files in the place of standard outputs, while an action runs in the process of the run."""

from __future__ import annotations

import ctypes
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from doit.task import Stream, Task

from datamake.capture import captured
from datamake.direct import Direct
from datamake.logs import LogPlace
from datamake.outputs import Outputs, Redirected, Sink
from tests.e2e.conftest import wait_until
from tests.unit.test_capture import fork, outputs_are_files


@pytest.fixture
def place(tmp_path: Path) -> LogPlace:
    (tmp_path / "log").touch()
    return LogPlace(str(tmp_path / "log"), 10_000_000, os.getpid())


@contextmanager
def ready() -> Iterator[Outputs]:
    """Have outputs that are files, and be ready for actions."""
    with outputs_are_files(), Outputs.installed() as outputs:
        assert outputs is not None
        yield outputs


def logged(place: LogPlace) -> list[str]:
    return Path(place.path).read_text(encoding="utf-8").splitlines()


def seen(number: int = 1) -> list[str]:
    """Return the lines that came to where a standard output leads."""
    sys.stdout.flush()
    return os.pread(number, 1_000_000, 0).decode().splitlines()


def run(
    outputs: Outputs, place: LogPlace | None, action: Callable[[], Any], verbosity: int = 0
) -> None:
    """Run an action as a task of this process does."""
    task = Task("t", [action])
    task.verbosity = verbosity
    [python] = task.actions
    python.__class__, python.outputs, python.function = Redirected, outputs, action
    try:
        with captured(place, task, Stream(verbosity), [], outputs) as stream:
            task.execute(stream)
    finally:
        outputs.renew()


@pytest.mark.parametrize("verbosity", [0, 1])
def test_what_is_written_past_python_is_logged_in_its_place_and_shown_once(
    place: LogPlace, verbosity: int
) -> None:
    with ready() as outputs:

        def action() -> None:
            print("one")
            os.write(1, b"two\n")
            os.write(2, b"three\n")
            print("four", file=sys.stderr)
            subprocess.run(["echo", "five"], check=True)
            print("six")
            fork(lambda: print("seven"))
            subprocess.run(["echo", "eight"], check=True, stdout=sys.stderr if verbosity else 2)
            os.write(1, b"nine, \xc3")
            os.write(1, b"\xa9")

        run(outputs, place, action, verbosity)
        assert logged(place) == [
            "  one",
            "  two",
            "! three",
            "! four",
            "  five",
            "  six",
            "  seven",
            "  nine, é",
            "! eight",
        ]
        assert seen() == ["two", "five", "nine, é"]
        assert seen(2) == ["three", *(["four"] if verbosity else []), "eight"]


def test_without_a_log_it_is_shown_all_the_same() -> None:
    with ready() as outputs:
        run(outputs, None, lambda: os.write(1, b"shown\n") and None)
        assert seen() == ["shown"]


def test_it_is_logged_and_shown_while_the_action_goes_on(place: LogPlace) -> None:
    with ready() as outputs:

        def action() -> None:
            os.write(1, b"live\n")
            wait_until(lambda: logged(place) == ["  live"] and os.pread(outer, 9, 0) == b"live\n")

        outer = os.dup(1)
        run(outputs, place, action)
        os.close(outer)
        assert logged(place) == ["  live"]


def test_what_c_holds_back_is_logged_with_its_stage_and_before_what_comes_later(
    place: LogPlace,
) -> None:
    with ready() as outputs:
        printf = ctypes.CDLL(None).printf

        def action() -> None:
            printf(b"from C\n")
            print("from Python")
            printf(b"and C again\n")

        run(outputs, place, action)
        run(outputs, place, lambda: print("another stage"))
        assert logged(place) == ["  from C", "  from Python", "  and C again", "  another stage"]


class Unforeseen(BaseException):
    """No exception of an action that doit catches."""


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, Unforeseen])
def test_however_an_action_ends_the_outputs_are_in_their_place(
    place: LogPlace, error: type[BaseException]
) -> None:
    with ready() as outputs:

        def action() -> None:
            os.write(1, b"before\n")
            raise error

        if issubclass(error, Exception):
            run(outputs, place, action)
        else:
            with pytest.raises(error):
                run(outputs, place, action)
        os.write(1, b"behind\n")
        assert logged(place) == ["  before"]
        assert seen() == ["before", "behind"]


def test_a_signal_on_the_way_out_leaves_them_to_be_put_back_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ready() as outputs:
        count, dup2 = [0], os.dup2

        def interrupted(*arguments: Any) -> None:
            count[0] += 1
            if count[0] == 4:
                raise KeyboardInterrupt
            dup2(*arguments)

        monkeypatch.setattr(os, "dup2", interrupted)
        with pytest.raises(KeyboardInterrupt), outputs:
            pass
        outputs.restore()
        os.write(2, b"there\n")
        assert seen(2) == ["there"]


def test_an_action_that_closes_its_outputs_closes_those_of_nobody_else(place: LogPlace) -> None:
    with ready() as outputs:

        def action() -> None:
            os.write(1, b"before\n")
            os.close(1)
            os.close(2)
            print("still logged")

        run(outputs, place, action)
        run(outputs, place, lambda: os.write(2, b"next\n") and None)
        assert logged(place) == ["  before", "  still logged", "! next"]
        assert (seen(), seen(2)) == (["before"], ["next"])


def test_what_was_left_running_writes_into_no_later_stage(place: LogPlace, tmp_path: Path) -> None:
    with ready() as outputs:
        left: list[subprocess.Popen[bytes]] = []

        def leaves() -> None:
            command = f"echo begun; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo late"
            left.append(subprocess.Popen(["sh", "-c", command]))
            wait_until(lambda: logged(place) == ["  begun"])

        def later() -> None:
            (tmp_path / "go").touch()
            left[0].wait()
            print("later")

        run(outputs, place, leaves)
        run(outputs, place, later)
        assert logged(place) == ["  begun", "  later"]


def test_a_debugger_finds_the_terminal(place: LogPlace) -> None:
    with ready() as outputs:

        def action() -> None:
            print("(Pdb)", file=sys.__stdout__, flush=True)

        run(outputs, place, action)
        assert seen() == ["(Pdb)"]
        assert logged(place) == []


def test_pythons_own_streams_are_given_back() -> None:
    with outputs_are_files():
        before = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
        with Outputs.installed() as outputs:
            assert outputs is not None
            assert outputs.leading(before[0]) is sys.stdout is not before[0]
            assert outputs.leading(outputs) is outputs
            print("text")
        assert (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) == before
        assert seen() == ["text"]


def test_who_has_a_stream_still_when_the_run_is_over_loses_nothing() -> None:
    with outputs_are_files():
        with Outputs.installed() as outputs:
            assert outputs is not None
            late = sys.stdout
        print("late", file=late)
        assert seen() == ["late"]


def test_where_python_writes_elsewhere_or_an_output_is_closed_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with outputs_are_files():
        for stream in (io.StringIO(), None):
            with monkeypatch.context() as context:
                context.setattr(sys, "stderr", stream)
                with Outputs.installed() as outputs:
                    assert outputs is None
        os.close(1)
        before = sys.stdout
        with Outputs.installed() as outputs:
            assert outputs is None
            assert sys.stdout is before
        os.dup2(2, 1)


def test_where_there_is_no_room_for_files_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    with outputs_are_files():
        monkeypatch.setattr("tempfile.TemporaryFile", full)
        with Outputs.installed() as outputs:
            assert outputs is None


def test_a_file_that_holds_nothing_is_used_again() -> None:
    sink = Sink()
    before = os.fstat(sink.number).st_ino
    assert sink.taken() == b""
    assert os.fstat(sink.number).st_ino == before
    os.write(sink.number, b"text")
    assert sink.taken() == b"text"
    assert os.fstat(sink.number).st_ino != before or os.fstat(sink.number).st_size == 0
    sink.close()


def test_where_there_is_no_room_for_another_file_what_was_taken_is_gone_from_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    sink = Sink()
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    for text in (b"first", b"second"):
        os.write(sink.number, text)
        assert sink.taken() == text
    sink.close()


def test_what_is_said_by_a_file_is_whether_anything_came() -> None:
    sink = Sink()
    direct = Direct(sink.number, None)
    said = [(direct.is_silent, direct.has_any)]
    os.write(sink.number, b"text")
    said.append((direct.is_silent, direct.has_any))
    assert list(direct.taken()) == ["text"]
    said.append((direct.is_silent, direct.has_any))
    assert said == [(True, False), (False, False), (True, True)]
    sink.close()
