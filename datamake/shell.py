"""Commands: in the system's shell, but for pipelines, which fail when any part of them does."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from types import TracebackType
from typing import Any

from doit.action import CmdAction
from doit.exceptions import BaseFail

from datamake.children import MARK, end_all, is_running
from datamake.spelling import hint
from datamake.trace import Tracer

PIPE = re.compile(r"(?<![|>])\|(?!\|)")

# A pipeline's status decides what comes after it here.
BRANCH = re.compile(r"&&|\|\||\b(if|elif|while|until)\b|\bset\s+-\w*e")

# Readers that stop before the end, whose writer dies of SIGPIPE and has not failed.
EARLY_READER = re.compile(
    r"\bhead\b|\bgrep\b.*\s-\w*[qlLm]|\bsed\b.*\bq\b|\bawk\b.*\bexit\b|\bread\b"
)

# The status of a writer whose reader went away (128 + SIGPIPE): `sort big | head -1` is fine.
BROKEN_PIPE_IS_FINE = "trap '[ $? -eq 141 ] && exit 0' EXIT\n"

# bash's own echo takes other options than dash's, and prints backslashes as they are.
ECHO_OF_DASH = r"""echo() {
  local IFS=' ' end='\n'
  if [ "$1" = -n ]; then end=; shift; fi
  printf '%b'"$end" "$*"
}
set +o braceexpand
"""

# doit's words.
KILLED = re.compile(r"Command \w+: (?P<action>.*) returned (?P<status>-?\d+)", re.DOTALL)

# A shell says that a part of its command was killed by 128 and the signal's number. Programs have
# other uses for numbers so high (git's 129), so only signals that are common are taken for it.
KILLERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)

KNOWS_PIPEFAIL = ("bash", "zsh", "ksh", "mksh", "busybox")


class Traced(list[str]):
    """The words that have a command traced; as a text it is the command alone."""

    def __init__(self, words: list[str], command: Any) -> None:
        super().__init__(words)
        self._command = command

    def __str__(self) -> str:
        return str(self._command)


class UnknownNameError(Exception):
    """A command asks for a value that there is none of, as in `%(target)s`."""


class Command(CmdAction):
    """A command whose shell pipelines fail when any part of them does.

    With a `tracer`, it is heard what the command opens. `mark` is that of its attempt, where the
    environment of this process has none because it is shared.

    Where a text both branches on the status of a pipeline and reads only the start of one, the
    shell runs it as it is: a writer that was cut short must not change the branch.
    """

    preamble = ""
    shell: bool
    tracer: Tracer | None = None
    mark: str | None = None
    _strace: list[str] | None = None
    _read: tuple[Any, ...] = ()

    @classmethod
    def like(cls, action: CmdAction) -> Command:
        """Return a command that runs what a doit action would."""
        command = cls.__new__(cls)
        command.__dict__.update(action.__dict__)
        command.pkwargs = dict(action.pkwargs)
        return command

    def expand_action(self) -> Any:
        """Return what is run, in a shell that knows pipefail where the text has a pipeline."""
        try:
            text = super().expand_action()
        except KeyError as error:
            raise UnknownNameError(self._unknown(str(error.args[0]))) from error
        if self.shell and isinstance(text, str):
            self.preamble = self._preamble(text)
            text = self.preamble + text
        return text if self._strace is None else self._traced(text, self._strace)

    def _unknown(self, name: str) -> str:
        known = ["targets", "dependencies", "changed", *self.task.options]
        meant = hint(name, known, f": there are {', '.join(known)}")
        command = repr(self._action) if isinstance(self._action, str) else "that a function made"
        return f"the command {command} asks for {name!r}{meant}"

    def _traced(self, command: Any, strace: list[str]) -> Any:
        """Return a command behind strace; one that can't be found is left to fail by itself."""
        words = list(command) if isinstance(command, list) else [command]
        if self.shell:
            words = [str(self.pkwargs.pop("executable", "/bin/sh")), "-c", *words]
            self.shell = False
        elif "executable" in self.pkwargs or not self._is_found(words[0]):
            return command
        return Traced([*strace, *words], command)

    def _is_found(self, program: str) -> bool:
        folder, env = self.pkwargs.get("cwd") or "", self.pkwargs.get("env") or os.environ
        named = os.path.join(folder, program) if os.path.dirname(program) else program
        return shutil.which(named, path=env.get("PATH")) is not None

    def _preamble(self, text: str) -> str:
        branches = BRANCH.search(text) is not None
        if not PIPE.search(text) or (branches and EARLY_READER.search(text)):
            return ""
        echo = ""
        if "executable" in self.pkwargs:
            shell = os.path.basename(str(self.pkwargs["executable"]))
            if shell not in KNOWS_PIPEFAIL:
                return ""
        elif not _system_shell_knows_pipefail():
            bash = shutil.which("bash")
            if bash is None:
                return ""
            self.pkwargs["executable"] = bash
            echo = ECHO_OF_DASH
        return f"{echo}set -o pipefail\n{'' if branches else BROKEN_PIPE_IS_FINE}"

    def execute(self, out: Any = None, err: Any = None) -> Any:
        """Run the command; what it started is ended with it when it is interrupted."""
        env, mark = self.pkwargs.get("env"), self.mark or os.environ.get(MARK)
        if mark is not None and (env is not None or self.mark is not None):
            self.pkwargs["env"] = {**(os.environ if env is None else env), MARK: mark}
        folder = os.path.join(os.getcwd(), self.pkwargs.get("cwd") or "")
        hearing = nullcontext(None) if self.tracer is None else self.tracer.hearing(folder)
        try:
            with hearing as self._strace:
                return _told(super().execute(out, err))
        except BaseException as interrupt:
            for process in _started_in(interrupt.__traceback__):
                end(process)
                self._close_unread(process)
            raise

    def _print_process_output(self, process: Any, input_: Any, capture: Any, realtime: Any) -> None:
        self._read = (*self._read, input_)
        with input_:  # doit leaves it open
            try:
                super()._print_process_output(process, input_, capture, realtime)
            except ValueError:
                if not input_.closed:  # as it is when an interrupt came before this thread
                    raise

    def _close_unread(self, process: subprocess.Popen[bytes]) -> None:
        """Close the pipes for which doit had not started a thread when it was interrupted."""
        for pipe in (process.stdout, process.stderr):
            if pipe is not None and pipe not in self._read:
                pipe.close()


def _told(failure: BaseFail | None) -> BaseFail | None:
    """Return a command's failure with the name of the signal that killed it, or a part of it."""
    said = None if failure is None else KILLED.fullmatch(failure.message)
    if failure is None or said is None:
        return failure
    action, status = said["action"], int(said["status"])
    number = -status if status < 0 else status - 128
    if number in KILLERS or (status < 0 and number in set(signal.Signals)):
        by = signal.Signals(number).name
        hint = " (perhaps memory ran out)" if number == signal.SIGKILL else ""
        whole = f"{action} was killed by {by}{hint}"
        part = f"{action} returned {status}: a part of it was killed by {by}{hint}"
        failure.message = whole if status < 0 else part
    return failure


@functools.cache
def _system_shell_knows_pipefail() -> bool:
    quiet = subprocess.DEVNULL
    command = ["/bin/sh", "-c", "set -o pipefail"]
    return subprocess.call(command, stdout=quiet, stderr=quiet) == 0


def _started_in(traceback: TracebackType | None) -> Iterator[subprocess.Popen[bytes]]:
    # doit keeps the process in a local variable only.
    while traceback is not None:
        if traceback.tb_frame.f_code is CmdAction.execute.__code__:
            process = traceback.tb_frame.f_locals.get("process")
            if process is not None:
                yield process
        traceback = traceback.tb_next


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, so that nothing writes to a target any more."""
    # The shell first: it would go on with the next command when this one ends, or speak of it.
    tree = [process.pid, *descendants(process.pid)]
    end_all(lambda: [pid for pid in tree if is_running(pid)])
    process.wait()


def descendants(pid: int) -> list[int]:
    """Return the processes below one, by /proc; none where the system has no such thing."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdecimal():
            children.setdefault(_parent(name), []).append(int(name))
    found = list(children.get(pid, ()))
    for child in found:
        found.extend(children.get(child, ()))
    return found


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The second field is the command's name in brackets, and may hold spaces.
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return -1
