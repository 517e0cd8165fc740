"""The standard outputs of a run, with files in their place while actions run in its process."""

from __future__ import annotations

import faulthandler
import io
import os
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from doit.exceptions import BaseFail

from datamake.call import Call
from datamake.direct import Direct, flush_of_c, watch
from datamake.show.stream import ERRORS, Lasting


class Sink:
    """A file without a name, for all that is written to a standard output in its place."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def number(self) -> int:
        """The number of the open file."""
        return self._file.fileno()

    def taken(self) -> bytes:
        """Return all that was written, and take another file from now on if that is anything.

        What was left running and has the file open must not write into a later call's output.
        """
        if not os.fstat(self.number).st_size:
            return b""
        self._file.seek(0)
        content = self._file.read()
        self.renew()
        return content

    def renew(self) -> None:
        """Take another file from now on, if anything was written to this one."""
        if not os.fstat(self.number).st_size:
            return
        try:
            file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        except OSError:  # no room for another: this one still does
            self._file.truncate(0)
            self._file.seek(0)
            return
        self.close()
        self._file = file

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Outputs:
    """Standard output and standard error of this process; as a context manager, for one action.

    In its block files are in their place, which hold what libraries in C write, and what the action
    starts. Where sys.stdout and sys.stderr lead is as before, for other threads, and so it is for
    sys.__stdout__, which debuggers write to.
    """

    def __init__(self) -> None:
        self._is_redirected = False
        out = _Output(1, "stdout")
        try:
            self._all = (out, _Output(2, "stderr"))
        except BaseException:
            out.sink.close()
            raise

    @classmethod
    @contextmanager
    def installed(cls) -> Iterator[Outputs | None]:
        """Have the outputs of the process be ready for actions in the block.

        None where they are not what a shell gives to a process (closed, or replaced in Python), or
        where there is no room for files.
        """
        outputs = cls._ready()
        if outputs is None:
            yield None
            return
        try:
            for output in outputs._all:
                output.hand_out()
            outputs._tell_last_words(sys.stderr)
            yield outputs
        finally:
            outputs.restore()
            outputs._tell_last_words(outputs._all[1].before)
            for output in outputs._all:
                output.put_back()
            watch(os.getpid()).stop()

    @classmethod
    def _ready(cls) -> Outputs | None:
        try:
            return cls()
        except (OSError, ValueError, AttributeError):
            return None

    def _tell_last_words(self, stream: Any) -> None:
        """Have a crash of Python be told on a stream, where that is asked for at all.

        Nobody would read what is in a file by then.
        """
        if faulthandler.is_enabled():
            faulthandler.enable(stream)

    def leading(self, stream: Any) -> Any:
        """Return what leads where a stream does, whatever is in the place of the outputs."""
        return next((each.stream for each in self._all if each.before is stream), stream)

    def __enter__(self) -> None:
        """Put files in the place of the outputs."""
        self._is_redirected = True
        for output in self._all:
            output.direct.flush()
            os.dup2(output.sink.number, output.number)

    def __exit__(self, *_: object) -> None:
        """Put the outputs in their place."""
        self.restore()

    def restore(self) -> None:
        """Put the outputs in their place, where that is not done. A signal may have come then."""
        if self._is_redirected:
            for output in self._all:
                output.direct.flush()
            flush_of_c()
            for output in self._all:
                os.dup2(output.kept, output.number)
            self._is_redirected = False

    def directs(self) -> tuple[Direct, Direct]:
        """Return what is written to the files from now on."""
        out, err = self._all
        return out.direct, err.direct

    def renew(self) -> None:
        """Take other files for the next action, where something was written to these."""
        for output in self._all:
            if output.direct.has_any:
                output.sink.renew()
                output.direct = Direct(output.sink.number, output.before)


class _Output:
    """One of the standard outputs: `kept` is another number of where it led at the start.

    `stream` writes there; `before` is what Python had for it, which writes to its number.
    """

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.before: io.TextIOWrapper = getattr(sys, name)
        if self.before.fileno() != number:
            raise ValueError(f"sys.{name} is none of this process's own outputs")
        self.before.flush()
        self._name = name
        self.kept = os.dup(number)
        try:
            self.sink = Sink()
        except BaseException:
            os.close(self.kept)
            raise
        self.direct = Direct(self.sink.number, self.before)
        # Whoever has the stream still may write to it when the run is over: it is not closed.
        self.stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(self.kept, "w", closefd=False)),
            encoding=self.before.encoding,
            errors=ERRORS,
            line_buffering=self.before.line_buffering,
            write_through=self.before.write_through,
        )
        weakref.finalize(self.stream, os.close, self.kept).atexit = False
        self._own = getattr(sys, f"__{name}__")

    def hand_out(self) -> None:
        """Have Python write to the stream."""
        setattr(sys, self._name, self.stream)
        setattr(sys, f"__{self._name}__", self.stream)

    def put_back(self) -> None:
        """Give Python back what it had."""
        Lasting(self.stream).flush()
        with suppress(OSError, ValueError):  # closed by an action
            self.stream.reconfigure(line_buffering=True)  # nobody flushes what is written later
        self.sink.close()
        for name, before in ((self._name, self.before), (f"__{self._name}__", self._own)):
            if getattr(sys, name) is self.stream:
                setattr(sys, name, before)


class Redirected(Call):
    """A Python action that runs with files in the place of the standard outputs."""

    outputs: Outputs

    def execute(self, out: Any = None, err: Any = None) -> BaseFail | None:
        """Run the function, as doit does."""
        with self.outputs:
            return super().execute(out, err)
