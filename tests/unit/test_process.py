"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake.process import Process, _start_time, is_shown
from tests.unit.privileges import without_privileges


def test_this_process_lives() -> None:
    here = Process.current()
    assert here.pid == os.getpid()
    assert here.host == socket.gethostname()
    assert here.alive


def test_another_process_lives_until_it_is_dead() -> None:
    script = (
        "import sys; from datamake.process import Process; here = Process.current();"
        " print(here.pid, here.started, flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        pid, started = child.stdout.readline().split()
        other = replace(Process.current(), pid=int(pid), started=started)
        lives = [other.alive]
        child.kill()
        # It has ended, and stays a zombie until its parent asks for it.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        lives.append(other.alive)
    assert [*lives, other.alive] == [True, False, False]


def test_a_later_process_with_the_same_number_is_another_one() -> None:
    assert not replace(Process.current(), started="1").alive


def test_a_process_on_another_machine_cannot_be_seen() -> None:
    assert Process(1, "far.example", "1").alive is None
    assert replace(Process.current(), host="far.example", boot="another").alive is None


def test_a_machine_that_got_another_name_is_the_same() -> None:
    assert replace(Process.current(), host="far.example").alive
    assert replace(Process.current(), host="far.example", started="1").alive is False


def test_a_process_of_another_table_of_processes_cannot_be_seen() -> None:
    assert replace(Process.current(), space="pid:[1]").alive is None
    assert replace(Process.current(), space="pid:[1]", pid=2**22 + 1).alive is None


def test_a_process_in_a_container_is_told_by_the_file_that_it_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = (
        "import sys; from datamake.presence import Presence; from datamake.process import Process;"
        " presence = Presence('.datamake/running'); presence.show();"
        " print(Process.current().name, flush=True);"
        " sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        contained = replace(Process.current(), host="container", space="pid:[1]")
        os.rename(f".datamake/running/{name}", f".datamake/running/{contained.name}")
        lives = [contained.alive, is_shown(f".datamake/running/{contained.name}")]
        child.kill()
    assert [*lives, contained.alive] == [True, True, False]


def test_a_process_of_an_earlier_boot_is_dead() -> None:
    assert replace(Process.current(), boot="earlier").alive is False
    assert replace(Process.current(), boot="earlier", space="pid:[1]").alive is False


def test_a_process_of_somebody_else_is_told_by_its_start_time_too() -> None:
    first = replace(Process.current(), pid=1, started=_start_time(1))
    with without_privileges():
        assert first.alive
        assert not replace(first, started="1").alive


def test_a_command_whose_name_looks_like_fields_is_told_by_its_start_time() -> None:
    script = (
        "import ctypes; ctypes.CDLL(None).prctl(15, b'a) Z (b 1', 0, 0, 0);"
        "from datamake.process import Process; here = Process.current();"
        "print(open('/proc/self/comm').read().strip()); print(here.started.isdigit(), here.alive)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == ["a) Z (b 1", "True True"]
