"""The logs of a run's attempts: each begun with a head, ended with a foot, and removed in time."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from datamake.log_names import FOLDER, log_name, log_names, moment, stage_part
from datamake.log_text import foot, head, in_words, target_line
from datamake.policy import Retention
from datamake.redaction import Secrets
from datamake.sharing import give, make_folders

if TYPE_CHECKING:
    from datamake.model import FileState
    from datamake.outcome import Outcome

SECONDS_OF_A_DAY = 86_400
FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
NEW = FLAGS | os.O_CREAT | os.O_EXCL
USED = FLAGS | os.O_NOFOLLOW
MOST_FROM_ONE_SECOND = 100_000


class LogPlace(Struct, frozen=True):
    """Where what an attempt's actions write is logged, at most so many bytes of it.

    `process` is that of the run; actions may run in another one.
    """

    path: str
    most: int
    process: int


class Typed(Struct, frozen=True):
    """What is said of an attempt before it begins: its stage, the values of its parameters as
    one would type them, the command line, and which attempt of which run it is, in words.
    """

    stage: str
    parameters: str
    command: str
    run: str


class AttemptLog:
    """The log of one attempt, from its head to its foot."""

    def __init__(self, logs: Logs, path: str, file: int, begun: int) -> None:
        self._logs = logs
        self.path = path
        self._file = file
        self._begun = begun

    def place(self, most: int) -> LogPlace:
        """Return where the actions log, at most so many bytes."""
        return LogPlace(f"{self._logs.root}/{self.path}", most, os.getpid())

    def end(self, state: str, seconds: float, lines: Iterable[str] = ()) -> None:
        """Say how the attempt ended, in a word, and what else is to be said, in lines."""
        said = self._logs.hidden("\n".join(lines))
        text, count = foot(state, seconds, time.time(), said), -1
        try:
            count = os.fstat(self._file).st_size
            # An action that was killed may have left an unfinished line.
            unfinished = count > self._begun and os.pread(self._file, 1, count - 1) != b"\n"
            os.write(self._file, _encoded(f"\n{text}" if unfinished else text))
        except OSError as error:
            self._logs.give_up(error)
        finally:
            os.close(self._file)
        if state == "built" and count == self._begun:
            self._logs.was_silent(self.path)


class Logs:
    """The logs of one run. Where none can be written, that is said once and the run goes on.

    `say` says a line to the person. The project's folder is `root`, which is the present one.
    """

    def __init__(self, root: str, retention: Retention, say: Callable[[str], None]) -> None:
        self.root = root
        self._retention = retention
        self._say = say
        self._secrets = Secrets()
        self._process, self._host = os.getpid(), socket.gethostname()
        self._like: os.stat_result | None = None
        self._given = False
        self._any = False
        self._lost = False
        self._silent: deque[str] = deque()

    def begin(self, typed: Typed, started: float) -> AttemptLog | None:
        """Begin the log of an attempt that started so many seconds since the epoch.

        None where it can't be written.
        """
        if self._lost:
            return None
        since = (self._process, self._host, started)
        text = _encoded(head(typed.stage, typed.parameters, typed.command, typed.run, since))
        file = -1
        try:
            path, file = self._opened(typed, started)
            os.write(file, text)
        except OSError as error:
            self.give_up(error)
            if file >= 0:
                os.close(file)
            return None
        return AttemptLog(self, path, file, len(text))

    def hidden(self, text: str) -> str:
        """Return a text without the values of secrets."""
        return self._secrets.hidden(text) if self._secrets.values else text

    def give_up(self, error: OSError) -> None:
        """Say that a log can't be written, and write no more."""
        if not self._lost:
            self._say(f"logs can't be written ({error}): this run goes on without them")
        self._lost = True

    def was_silent(self, path: str) -> None:
        """Hear of a log that holds no output and no failure: of these, few are kept at a time.

        A run of a hundred thousand small stages would fill the folder otherwise.
        """
        self._silent.append(path)

    def _opened(self, typed: Typed, started: float) -> tuple[str, int]:
        if self._like is None:
            make_folders(FOLDER)
            self._like = os.stat(FOLDER)
        mode, parameters = self._like.st_mode & 0o666, in_words(typed.parameters)
        for count in range(1, MOST_FROM_ONE_SECOND):
            path = f"{FOLDER}/{log_name(typed.stage, started, parameters, count)}"
            try:
                file = self._used_again(path)
                if file is None:
                    file = os.open(path, NEW, mode)
            except FileExistsError:
                continue
            self._give(path, file, self._like)
            return path, file
        raise FileExistsError(f"{FOLDER} is full of logs of {typed.stage} from one second")

    def _used_again(self, path: str) -> int | None:
        """Give the file of the oldest silent log, of which there are enough, another name.

        ext4 takes long to find room for a new file where many were removed in the last minutes.
        Returns the open file, emptied, or None where a new one is to be made.
        """
        enough = len(self._silent) >= max(1, self._retention.logs_keep)
        if not enough or os.path.lexists(path):
            return None
        with suppress(OSError):  # the sweep at the end has another try at what is left
            os.rename(f"{self.root}/{self._silent.popleft()}", path)
            file = os.open(path, USED)
            # What has another name too is somebody's copy, or never was a log.
            if os.fstat(file).st_nlink == 1:
                os.ftruncate(file, 0)
                return file
            os.close(file)
            os.unlink(path)
        return None

    def _give(self, path: str, file: int, like: os.stat_result) -> None:
        """Have a log be for all who may use the folder, as far as it is not made so anyway."""
        if self._any and not self._given:
            return
        made = os.fstat(file)
        wanted = like.st_mode & 0o666
        self._any = True
        self._given = made.st_gid != like.st_gid or made.st_mode & 0o777 != wanted
        if self._given:
            give(path, like, wanted)

    @contextmanager
    def kept(self, building: Callable[[], Collection[str]]) -> Iterator[None]:
        """Remove old logs behind the block, if any was begun in it.

        `building` names the stages that are being built, whose logs stay.
        """
        yield
        if self._any:
            sweep(self._retention, building())


def sweep(retention: Retention, building: Collection[str]) -> None:
    """Remove the oldest logs, of which there are too many, and those that are too old."""
    names = log_names()
    oldest = moment(int(time.time() - retention.logs_days * SECONDS_OF_A_DAY))
    stay = {stage_part(stage) for stage in building}
    for number, name in enumerate(names):
        if (number >= retention.logs_keep or name.moment < oldest) and name.stage not in stay:
            with suppress(OSError):  # another run did it, or the folder is another user's
                os.unlink(os.path.join(FOLDER, name.name))


def foot_lines(outcome: Outcome, outputs: Mapping[str, FileState]) -> Iterator[str]:
    """Yield what a log says at its end of an attempt: what it made, or why and where it failed.

    `outputs` are the recorded states of what it made, none unless it was built.
    """
    yield from outcome.notes
    for output in outcome.outputs if outputs else ():
        yield target_line(output.path, output.size, outputs.get(output.path), _changed(output.path))
    failure = outcome.failure
    if failure is not None:
        yield failure.what
        for place, line in failure.where:
            yield place
            yield f"    {line}"
        if failure.traceback:
            yield f"whole traceback: {failure.traceback}"
    for path in () if outputs else outcome.unfinished or ():
        yield f"unfinished target: {path}"


def _changed(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
