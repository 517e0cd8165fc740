"""What actions write, on its way into a log: in order, bounded, without secrets."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from doit.action import CmdAction
from doit.task import Stream, Task

from datamake.capture import Capture, captured
from datamake.direct import watch
from datamake.log_file import LAST_BYTES
from datamake.logs import LogPlace
from datamake.shell import Command
from datamake.side import LONGEST_LINE
from tests.e2e.conftest import wait_until

# Each line is written by itself.
NOISE = "i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); echo noise $i; done"


@pytest.fixture
def place(tmp_path: Path) -> LogPlace:
    (tmp_path / "log").touch()
    return LogPlace(str(tmp_path / "log"), 10_000_000, os.getpid())


def text(place: LogPlace) -> str:
    return Path(place.path).read_text(encoding="utf-8")


def run(place: LogPlace, action: object, verbosity: int = 0) -> list[str]:
    """Run an action as a task of this process does; return what is to be said of its log."""
    task, notes = Task("t", [action]), list[str]()
    task.verbosity = verbosity
    with captured(place, task, Stream(verbosity), notes) as stream:
        task.execute(stream)
    return notes


@contextmanager
def as_a_worker(place: LogPlace) -> Iterator[LogPlace]:
    """Have standard outputs be files, as those of a worker are; yield the place as it has it."""
    with outputs_are_files():
        yield LogPlace(place.path, place.most, place.process + 1)


@contextmanager
def outputs_are_files() -> Iterator[None]:
    """Have standard outputs be files, and Python write to them."""
    before = [os.dup(number) for number in (1, 2)]
    streams = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        for number, file in ((1, out), (2, err)):
            os.dup2(file.fileno(), number)
        own = [io.TextIOWrapper(io.FileIO(number, "w", closefd=False)) for number in (1, 2)]
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = own  # type: ignore[misc]
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc]
            for number, file_number in zip((1, 2), before, strict=True):
                os.dup2(file_number, number)
                os.close(file_number)
            watch(os.getpid()).stop()


def test_lines_are_in_the_order_in_which_they_were_written(place: LogPlace) -> None:
    def action() -> None:
        print("one")
        print("two", file=sys.stderr)
        print("three", end="")
        print("four", file=sys.stderr)
        print(" and five\nsix")

    run(place, action)
    assert text(place) == "  one\n! two\n! four\n  three and five\n  six\n"


def test_a_line_is_there_as_soon_as_it_is_written(place: LogPlace) -> None:
    seen = []

    def action() -> None:
        for part in ("a line\n", "half", " a line", "\n"):
            sys.stdout.write(part)
            seen.append(text(place))
        print("a dot.", end="", flush=True)
        seen.append(text(place))

    run(place, action)
    line = "  a line\n"
    assert seen == [line, line, line, f"{line}  half a line\n", f"{line}  half a line\n  a dot."]
    assert text(place).endswith("  a dot.\n")


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_what_is_shown_is_what_was_shown_without_a_log(
    place: LogPlace, capsys: pytest.CaptureFixture[str], verbosity: int
) -> None:
    def action() -> None:
        print("out")
        print("err", file=sys.stderr)

    run(place, action, verbosity)
    shown = capsys.readouterr()
    assert shown.out == ("out\n" if verbosity == 2 else "")
    assert shown.err == ("err\n" if verbosity >= 1 else "")
    assert text(place) == "  out\n! err\n"


def test_an_action_that_is_not_seen_finds_no_terminal(place: LogPlace) -> None:
    def action() -> None:
        assert not sys.stdout.isatty()
        assert (sys.stdout.fileno(), sys.stderr.fileno()) == (1, 2)

    task = Task("t", [action])
    task.verbosity = 0
    with captured(place, task, Stream(0), []) as stream:
        assert task.execute(stream) is None


def test_a_stage_that_is_not_to_be_captured_has_its_own_way(
    place: LogPlace, capfd: pytest.CaptureFixture[str]
) -> None:
    task = Task("t", ["echo direct"], io={"capture": False})
    with captured(place, task, Stream(2), []) as stream:
        assert task.execute(stream) is None
    assert capfd.readouterr().out == "direct\n"
    assert text(place) == ""


def test_any_text_can_be_logged(place: LogPlace) -> None:
    run(place, lambda: print("é \udcff \x1b[1mbold\x1b[0m \r50%\r100%"))
    raw = Path(place.path).read_bytes()
    assert raw == "  é \\udcff \x1b[1mbold\x1b[0m \r50%\r100%\n".encode()


def test_a_line_that_never_ends_is_logged_in_pieces(place: LogPlace) -> None:
    def action() -> None:
        for _ in range(3):
            sys.stdout.write("x" * LONGEST_LINE)
            sizes.append(os.path.getsize(place.path))

    sizes: list[int] = []
    run(place, action)
    assert sizes[-1] > LONGEST_LINE
    assert text(place) == f"  {'x' * 3 * LONGEST_LINE}\n"


def test_secrets_do_not_reach_the_log(place: LogPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "abcdef")
    monkeypatch.setenv("PRIVATE_KEY", "-----BEGIN\nKEY")

    def action() -> None:
        print("abc", end="", flush=True)
        print("def")
        print("-----BEGIN")
        print("KEY and more")
        os.environ["B_TOKEN"] = "uvwxyz"
        print("uvwxyz")

    monkeypatch.setenv("B_TOKEN", "")
    run(place, action)
    assert text(place) == "  $A_TOKEN\n  $PRIVATE_KEY and more\n  $B_TOKEN\n"


def test_secrets_of_a_command_do_not_reach_the_log(place: LogPlace) -> None:
    variables = {"API_KEY": "abcdef", "PATH": os.environ["PATH"]}
    run(place, Command.like(CmdAction("echo $API_KEY", env=variables)))
    assert text(place) == "  $API_KEY\n"


def test_what_is_too_much_is_left_out_but_for_the_end(place: LogPlace) -> None:
    bounded = LogPlace(place.path, 10_000, place.process)
    lines = [f"line {number}\n" for number in range(100_000)]

    def action() -> None:
        for line in lines:
            sys.stdout.write(line)

    run(bounded, action)
    got = text(bounded).splitlines()
    [cut] = [number for number, line in enumerate(got) if line.startswith("# ")]
    assert got[:cut] == [f"  {line.strip()}" for line in lines[:cut]]
    rest = got[cut + 1 :]
    assert rest == [f"  {line.strip()}" for line in lines[-len(rest) :]]
    assert os.path.getsize(bounded.path) < 10_000 + LAST_BYTES + 100
    left_out = sum(len(line) + 2 for line in lines[cut : -len(rest)])
    assert got[cut] == f"# {left_out / 1e6:.1f} MB left out here: logs_size is 10 kB"


def test_a_long_line_that_is_too_much_still_ends_behind_a_mark(place: LogPlace) -> None:
    bounded = LogPlace(place.path, 1_000, place.process)

    def action() -> None:
        for _ in range(10):
            print("x" * LONGEST_LINE, end="", flush=True)

    run(bounded, action)
    cut, rest = text(bounded).splitlines()
    assert cut.endswith("left out here: logs_size is 1.0 kB")
    assert rest == f"  {'x' * (LAST_BYTES)}"


def test_a_little_more_than_is_allowed_is_logged_whole(place: LogPlace) -> None:
    run(LogPlace(place.path, 20, place.process), lambda: print("one line\n" * 5))
    assert text(place) == "  one line\n" * 5 + "  \n"


def test_a_log_that_can_not_be_written_fails_nothing_and_is_said(place: LogPlace) -> None:
    os.unlink(place.path)
    notes = run(place, lambda: print("text"))
    assert len(notes) == 1
    assert notes[0].startswith("its log could not be written to the end: [Errno 2]")


def test_threads_do_not_mix_their_lines(place: LogPlace) -> None:
    def action() -> None:
        def write(name: str) -> None:
            for _ in range(200):
                sys.stdout.write(f"{name * 50}\n")

        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(place, action)
    assert sorted(text(place).splitlines()) == sorted(f"  {n * 50}" for n in "abcd" * 200)


def fork(action: object) -> None:
    """Run an action in a fork of this process, as `multiprocessing` does."""
    child = os.fork()
    if child == 0:
        try:
            action()  # type: ignore[operator]
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_what_a_fork_writes_is_logged_once(place: LogPlace) -> None:
    def action() -> None:
        print("before")
        sys.stdout.write("unfinished ")
        fork(lambda: print("forked"))
        print("behind")

    run(place, action)
    assert text(place) == "  before\n  forked\n  unfinished behind\n"


# In a worker ---------------------------------------------------------------------------


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_what_is_written_to_the_output_itself_is_in_its_place(
    place: LogPlace, verbosity: int
) -> None:
    def action() -> None:
        print("one")
        os.write(1, b"two\n")
        os.write(2, b"three\n")
        print("four", file=sys.stderr)
        subprocess.run(["echo", "five"], check=True)
        print("six")
        fork(lambda: print("seven"))
        os.write(1, b"eight, \xc3")
        os.write(1, b"\xa9")

    with as_a_worker(place) as there:
        run(there, action, verbosity)
        shown = os.pread(1, 10_000, 0).decode().splitlines()
    six = ["  one", "  two", "! three", "! four", "  five", "  six"]
    assert text(place).splitlines() == [*six, "  seven", "  eight, é"]
    printed = ["one", "two", "five", "six", "seven", "eight, é"]
    assert shown == (printed if verbosity == 2 else ["two", "five", "eight, é"])


def test_what_is_written_to_it_unasked_while_python_writes_is_logged_once(place: LogPlace) -> None:
    def action() -> None:
        with subprocess.Popen(["sh", "-c", NOISE]) as noise:
            while noise.poll() is None:
                print("python")
                count[0] += 1

    count = [0]
    with as_a_worker(place) as there:
        run(there, action, 2)
    # A text that another process is writing may be there in part.
    joined = "".join(line[2:] for line in text(place).splitlines())
    assert joined.count("python") == count[0]
    assert joined.replace("python", "") == "".join(f"noise {n}" for n in range(1, 5001))


def test_a_secret_written_to_the_output_itself_does_not_reach_the_log(
    place: LogPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_TOKEN", "abcdef")

    def action() -> None:
        os.write(1, b"abc")
        print("x", file=sys.stderr)
        os.write(1, b"def\n")

    with as_a_worker(place) as there:
        run(there, action)
    assert "abc" not in text(place)
    assert "$A_TOKEN" in text(place)


def test_what_bypasses_python_is_logged_while_the_action_goes_on(place: LogPlace) -> None:
    def action() -> None:
        os.write(1, b"live\n")
        wait_until(lambda: text(place) == "  live\n")

    with as_a_worker(place) as there:
        run(there, action)
    assert text(place) == "  live\n"


def test_an_action_forks_without_another_thread_beside_it(place: LogPlace) -> None:
    counts = []

    def action() -> None:
        os.register_at_fork(after_in_parent=lambda: counts.append(threading.active_count()))
        fork(lambda: print("forked"))
        os.write(1, b"behind\n")

    before = threading.active_count()
    with as_a_worker(place) as there:
        run(there, action)
        run(there, lambda: os.write(1, b"and again\n") and None)
    assert counts[0] <= before
    assert text(place) == "  forked\n  behind\n  and again\n"


def test_an_action_that_closes_its_output_is_not_failed_by_that(place: LogPlace) -> None:
    def action() -> None:
        os.close(1)
        print("still logged")

    with as_a_worker(place) as there:
        assert run(there, action) == []
    assert text(place) == "  still logged\n"


def test_a_silent_action_opens_nothing(place: LogPlace) -> None:
    os.unlink(place.path)
    Capture(place, []).close()
    assert not os.path.exists(place.path)
