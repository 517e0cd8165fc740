"""The logs that there are, of past attempts and of running ones: found, read, followed."""

from __future__ import annotations

import codecs
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from msgspec import Struct

from datamake.log_names import FOLDER, LogName, log_names, stage_part
from datamake.log_text import ENDING_BYTES, HEAD_BYTES, Head, ending, one_line
from datamake.model import AttemptState
from datamake.store_rows import Underway

READ_BYTES = 65_536
POLL_SECONDS = 0.1

# Between the end of a lease and the last line of the log.
GRACE_SECONDS = 2.0

# Asks the store who builds what now.
Running = Callable[[], Iterable[Underway]]


class PastLog(Struct, frozen=True):
    """A log of this project: where it is, what its name and its head say."""

    path: str
    name: LogName
    head: Head

    def state(self, running: Running) -> AttemptState:
        """Return how its attempt stands; what that is begins and ends while one looks.

        One that has no end, and nobody to write it, was interrupted.
        """
        said = self._ending()
        if said:
            return AttemptState(said)
        if self.is_held(running()):
            return AttemptState.RUNNING
        return AttemptState(self._ending() or AttemptState.INTERRUPTED.value)

    @property
    def ended(self) -> bool:
        """Whether its end is written."""
        return bool(self._ending())

    def is_held(self, running: Iterable[Underway]) -> bool:
        """Whether the process that began it is building its stage now."""
        return any(
            lease.process.pid == self.head.process
            and one_line(lease.process.host) == self.head.host
            and one_line(lease.stage) == self.head.stage
            and lease.process.alive is not False
            for lease in running
        )

    def _ending(self) -> str:
        with open(self.path, "rb") as file:
            count = os.fstat(file.fileno()).st_size
            file.seek(max(0, count - ENDING_BYTES))
            return ending(file.read())

    def text(self) -> Iterator[str]:
        """Yield what is in it by now, piece by piece."""
        return self._decoded(lambda: False)

    def followed(self, running: Running) -> Iterator[str]:
        """Yield what is in it, and what comes, until its attempt has ended; "" for every wait."""
        seen = [time.monotonic()]

        def goes_on() -> bool:
            if self._ending():
                return False
            if self.is_held(running()):
                seen[0] = time.monotonic()
            time.sleep(POLL_SECONDS)
            return time.monotonic() - seen[0] < GRACE_SECONDS

        return self._decoded(goes_on)

    def _decoded(self, goes_on: Callable[[], bool]) -> Iterator[str]:
        """Yield the text as far as it goes, and from there on whenever `goes_on` says to look."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with open(self.path, "rb") as file:
            while True:
                while raw := file.read(READ_BYTES):
                    yield decoder.decode(raw)
                if not goes_on():
                    break
                yield ""
            while raw := file.read(READ_BYTES):  # what came since it was found to have ended
                yield decoder.decode(raw)
            yield decoder.decode(b"", final=True)


def past_logs(stage: str | None = None) -> Iterator[PastLog]:
    """Yield the logs of a stage, or all of them, the last one first."""
    part = None if stage is None else stage_part(stage)
    shown = None if stage is None else one_line(stage)
    wanted = (name for name in log_names() if part in (None, name.stage))
    for _, of_one_second in itertools.groupby(wanted, key=lambda name: name.moment):
        for name in sorted(of_one_second, key=_written, reverse=True):
            found = _opened(name)
            if found is not None and shown in (None, found.head.stage):
                yield found


def logged_stages() -> set[str]:
    """Return the stages of which there are logs, as far as the names of those tell."""
    return {name.stage for name in log_names()}


def _written(name: LogName) -> int:
    """Return when a log was written to last: names tell nothing within a second."""
    with suppress(FileNotFoundError):  # removed meanwhile
        return os.stat(os.path.join(FOLDER, name.name)).st_mtime_ns
    return 0


def _opened(name: LogName) -> PastLog | None:
    path = os.path.join(FOLDER, name.name)
    with suppress(FileNotFoundError), open(path, "rb") as file:  # removed meanwhile
        head = Head.read(file.read(HEAD_BYTES))
        return None if head is None else PastLog(path, name, head)
    return None
