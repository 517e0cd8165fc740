"""How a log reads: a head, what the actions wrote line by line, and a foot that says how it ended.

Lines of the head and of the foot begin with `# `, those of standard output with two spaces and
those of standard error with `! `, so that nothing that an action writes is taken for a foot.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Iterable, Iterator

from msgspec import Struct

from datamake.redaction import redact_parameters

OWN, OUT, ERR = "# ", "  ", "! "
ERRORS = "backslashreplace"

# A command line may be long, and what begins a log is read as a whole.
LONGEST_LINE = 2_000
HEAD_BYTES = 32_768
ENDING_BYTES = 512

HEAD_LINE = re.compile(r"# (\w+): (.*)")
PROCESS = re.compile(r"(\d+) on (.*)")
ENDING = re.compile(r"# (built|failed|interrupted) in \S.* at [0-9T:+-]+")


class Head(Struct, frozen=True):
    """What a log begins with; all of it in single lines, as `one_line` has them.

    `process` is the number of the run's process on `host`, `started` a time in words.
    """

    stage: str
    parameters: str = ""
    command: str = ""
    run: str = ""
    process: int = 0
    host: str = ""
    started: str = ""

    def text(self) -> str:
        """Return the head as the log has it."""
        parameters = f"# parameters: {self.parameters}\n" if self.parameters else ""
        return (
            f"# stage: {self.stage}\n{parameters}# command: {self.command}\n"
            f"# run: {self.run}\n# process: {self.process} on {self.host}\n"
            f"# started: {self.started}\n"
        )

    @classmethod
    def read(cls, raw: bytes) -> Head | None:
        """Read the head from the first bytes of a log; None where they are none of a log."""
        said: dict[str, str] = {}
        for line in raw.decode(errors="replace").split("\n"):
            found = HEAD_LINE.fullmatch(line)
            if found is None:
                break
            said[found[1]] = found[2]
            if found[1] == "started":
                break
        process = PROCESS.fullmatch(said.get("process", ""))
        if "started" not in said or process is None:
            return None
        names = ("stage", "parameters", "command", "run", "started")
        words = {name: said.get(name, "") for name in names}
        return cls(**words, process=int(process[1]), host=process[2])


def head(stage: str, parameters: str, command: str, run: str, since: tuple[int, str, float]) -> str:
    """Return the text that a log begins with, without the values of secrets.

    `since` are the number of the run's process, its host and when the attempt began.
    """
    process, host, started = since
    return Head(
        one_line(stage),
        in_words(parameters),
        in_words(command),
        run,
        process,
        one_line(host),
        when(int(started)),
    ).text()


def foot(state: str, seconds: float, ended: float, said: str = "") -> str:
    """Return the text that a log ends with: what is said of it, and last how the attempt ended."""
    lines = "".join([f"# {line}\n" for line in said.splitlines()])
    return f"{lines}# {state} in {seconds:.3f} s at {when(int(ended))}\n"


def target_line(path: str, count: int, state: object, changed: float | None) -> str:
    """Return the line of a target: its size in bytes, its recorded state, when it was written.

    By content that state is a digest.
    """
    digest = f"  blake3 {state}" if isinstance(state, str) else ""
    time_of = "" if changed is None else f"  {when(int(changed))}"
    return f"target: {one_line(path)}  {count:,} bytes{digest}{time_of}"


def ending(raw: bytes) -> str:
    """Return how an attempt ended, by the last bytes of its log; "" where they don't say so."""
    if not raw.endswith(b"\n"):
        return ""
    found = ENDING.fullmatch(raw[:-1].decode(errors="replace").rpartition("\n")[2])
    return found[1] if found else ""


def one_line(text: str) -> str:
    """Return a text in one line that can be printed: what can't be is escaped."""
    return text if text.isprintable() else ascii(text)[1:-1]


@functools.lru_cache(1024)
def in_words(text: str) -> str:
    """Return what was typed in one line of bounded length, without the values of secrets."""
    whole = one_line(redact_parameters(text))
    return whole if len(whole) <= LONGEST_LINE else f"{whole[:LONGEST_LINE]}..."


@functools.lru_cache(16)
def when(second: int) -> str:
    """Return a time in seconds since the epoch, in ISO 8601, local with its offset."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))


def decorated(text: str, mark: str, within: str | None) -> str:
    """Return a text with a mark before each line; `within` is the mark of an unfinished line."""
    begin = mark
    if within is not None:
        begin = "" if within == mark else f"\n{mark}"
    whole = text.endswith("\n")
    body = (text[:-1] if whole else text).replace("\n", f"\n{mark}")
    return f"{begin}{body}\n" if whole else f"{begin}{body}"


def undecorated(chunks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a log's text, each of one line at most, with the mark of their line."""
    mark, left = "", ""
    for chunk in chunks:
        text, at, left = left + chunk, 0, ""
        while at < len(text):
            if not mark:
                if len(text) - at < len(OUT):
                    left = text[at:]
                    break
                mark = text[at : at + len(OUT)]
                at += len(OUT)
            end = text.find("\n", at) + 1 or len(text)
            yield mark, text[at:end]
            mark = "" if text.endswith("\n", at, end) else mark
            at = end
    if left:
        yield OUT, left
