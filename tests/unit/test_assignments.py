"""Which worker acts for which attempt, as a run's file says it."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path

from datamake.assignments import Assignment, assigned
from datamake.presence import Presence
from datamake.process import FOLDER, Process, is_shown

A_LINE = b"        12 0123456789abcdef\n"


def work(root: str, parent: Process, told: Connection) -> None:
    """Say one token after the other that is told, as a worker does."""
    mine = Assignment(parent)
    while token := told.recv():
        mine.say(root, token)
        told.send(os.getpid())


def read_elsewhere(path: Path) -> bytes:
    """Read a file in another process: one that closes it lets go of its own locks on it."""
    return subprocess.run(["cat", path], capture_output=True, check=True).stdout


def test_each_worker_has_one_line_and_the_run_is_shown_to_live(tmp_path: Path) -> None:
    presence = Presence(str(tmp_path / FOLDER))
    presence.show()
    place = tmp_path / FOLDER / Process.current().name
    fork = multiprocessing.get_context("fork")
    pipes = [fork.Pipe() for _ in range(2)]
    workers = [
        fork.Process(target=work, args=(str(tmp_path), Process.current(), there))
        for _, there in pipes
    ]
    for worker in workers:
        worker.start()
    for _ in range(3):
        tokens = [secrets.token_hex(8) for _ in workers]
        for (here, _), token in zip(pipes, tokens, strict=True):
            here.send(token)
            here.recv()
        content = read_elsewhere(place)
        pids = [worker.pid for worker in workers]
        assert assigned(content) == dict(zip(tokens, pids, strict=True))
        assert len(content) == 2 * len(A_LINE)
    for (here, _), worker in zip(pipes, workers, strict=True):
        here.send("")
        worker.join()
    asks = fork.Process(target=lambda: os._exit(0 if is_shown(str(place)) else 1))
    asks.start()
    asks.join()
    assert asks.exitcode == 0, "a worker took the run's lock away"
    presence.end(list)


def test_where_there_is_no_file_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    Assignment(Process(1, "h", "1")).say(str(tmp_path), secrets.token_hex(8))
    assert not list(tmp_path.iterdir())


def test_what_is_no_line_of_a_worker_is_passed_over() -> None:
    for content in (b"", b"12 x\n", b"\0" * len(A_LINE), b"-1 0123456789abcdeg\n", b"1 ABC\n"):
        assert assigned(content) == {}
        assert assigned(content + A_LINE) == {"0123456789abcdef": 12}
