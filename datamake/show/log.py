"""A log as a terminal shows it, and a line for each of several logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from datamake.log_text import ERR, OUT, OWN, undecorated
from datamake.model import AttemptState
from datamake.past_logs import PastLog

COLOURS = {OWN: "\x1b[2m", ERR: "\x1b[31m", OUT: ""}
PLAIN = "\x1b[0m"

# All that would steer a terminal, but for colours, tabs, and the return of a progress bar.
STEERING = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]")


def on_terminal(chunks: Iterable[str], *, coloured: bool) -> Iterator[str]:
    """Yield the text of a log for a person: output as it was, standard error and notes marked.

    Colours mark them, or else what marks them in the file.
    """
    begins = True
    for mark, piece in undecorated(chunks):
        text = STEERING.sub(lambda found: repr(found[0])[1:-1], piece)
        colour = COLOURS.get(mark, "") if coloured else ""
        before = mark if begins and (mark == OWN or not coloured) else ""
        begins = piece.endswith("\n")
        line = text[:-1] if begins else text
        end = "\n" if begins else ""
        yield f"{colour}{before}{line}{PLAIN if colour else ''}{end}"


def listed(logs: Iterable[tuple[PastLog, AttemptState]]) -> Iterator[str]:
    """Yield a line for each log: when it began, how its attempt stands, of which stage it is."""
    for log, state in logs:
        head = log.head
        when = head.started[:19].replace("T", " ")
        yield f"{when}  {state.value:<11}  {head.stage}  {head.parameters}".rstrip() + "\n"


def said_of(log: PastLog, state: AttemptState) -> str:
    """Return what is to be said behind a log that has no end, "" of one that has."""
    process = f"process {log.head.process} on {log.head.host}"
    if state is AttemptState.RUNNING:
        return f"running in {process}: `doit log -f {log.head.stage}` follows it"
    if not log.ended:
        return f"cut: {process} ended without a word, perhaps it was killed"
    return ""
