"""Runs doit in a forked child: as quick as a function call, and it can be killed."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from pathlib import Path

from doit.cmd_run import opt_outfile
from doit.doit_cmd import DoitMain

# Loaded once, here, and not anew in every child: what a run imports where it is used.
import datamake.attempt
import datamake.building
import datamake.chronicle
import datamake.code.reader
import datamake.commands.run
import datamake.crew
import datamake.direct
import datamake.dispatch
import datamake.durability
import datamake.execute
import datamake.inline
import datamake.judging
import datamake.load
import datamake.overall
import datamake.pool
import datamake.schedule
import datamake.uptodate
import datamake.workforce

# That few stages are fresh is proved at once too.
datamake.overall.FEWEST = 1

KILLED = -signal.SIGKILL


def doit(folder: Path, *arguments: str, log: Path, kill_after: float | None = None) -> int:
    """Run doit in a folder; return its exit code, or KILLED if it was still running then.

    `log` is where its stages note what they do, and `kill_after` is in seconds. What it prints goes
    to `said.txt` in the folder.
    """
    child = os.fork()
    if child == 0:
        os.environ["RAN_LOG"] = str(log)
        _run_and_exit(folder, arguments)
    if kill_after is not None:
        deadline = time.monotonic() + kill_after
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.0005)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def said_in(folder: Path) -> str:
    """Return what doit printed last in a folder, "" where it had no time for a word."""
    said = folder / "said.txt"
    return said.read_text(errors="replace") if said.exists() else ""


def _run_and_exit(folder: Path, arguments: tuple[str, ...]) -> None:
    code = 99
    try:
        os.chdir(folder)
        said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.dont_write_bytecode = False
        opt_outfile["default"] = sys.stdout  # doit binds it when it is imported
        DoitMain.BIN_NAME = "doit"
        code = DoitMain().run(list(arguments))
    except BaseException:  # noqa: BLE001 - a child must not go on as a second pytest
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)
