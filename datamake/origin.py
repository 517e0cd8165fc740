"""A file with one content, and what made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from datamake.members import plainly
from datamake.model import FileState, Record
from datamake.past import PastAttempt, PastRun
from datamake.redaction import redact_parameters

if TYPE_CHECKING:
    from datamake.history import History

# How the text of a piece of code is found, by its digest.
Source = Callable[[str], str | None]


class Standing(Enum):
    """How a file stands now, as compared with the content that is looked at."""

    SAME = "as it was"
    REBUILT = "built anew since"
    CHANGED = "changed since"
    MISSING = "not there any more"
    UNREADABLE = "can't be read"
    UNREAD = "not compared here"
    OTHER_KIND = "recorded in another way (check_file_uptodate), so not comparable"


class Maker(Struct, frozen=True):
    """What made a file: the last attempt that left it with this content.

    Where no attempt is remembered it is the record of the last good build, which knows of no
    `run`; `attempt` is the id, 0 then. `code` maps the names of pieces of code to their digests.
    `accepted` is the reason that a person gave for taking it as built. Of a file that was edited
    before it was read, `edited` says so.
    """

    stage: str
    started: float
    seconds: float
    code: Mapping[str, str]
    arguments: Mapping[str, str]
    parameters: str
    inputs: Mapping[str, FileState]
    outputs: Mapping[str, FileState]
    sizes: Mapping[str, int] = {}
    attempt: int = 0
    run: PastRun | None = None
    accepted: str = ""
    edited: bool = False

    @classmethod
    def of_attempt(
        cls, attempt: PastAttempt, history: History, run: PastRun | None, *, edited: bool
    ) -> Maker:
        """What an attempt at a stage made, in a run."""
        details = attempt.details
        return cls(
            stage=attempt.stage,
            started=attempt.started,
            seconds=attempt.seconds,
            code=_telling_first(history.code(details), history.source),
            arguments=_plain(details.arguments),
            parameters=details.parameters,
            inputs=details.inputs,
            outputs=details.outputs,
            sizes=details.sizes,
            attempt=attempt.id,
            run=run,
            edited=edited,
        )

    @classmethod
    def of_record(cls, record: Record) -> Maker:
        """What the last good build of a stage made, as it is recorded."""
        code, source = record.meaning.code, record.meaning.source
        return cls(
            stage=record.stage,
            started=record.started,
            seconds=record.seconds,
            code=_telling_first(code, {d: source.get(n) for n, d in code.items()}.get),
            arguments=_plain(record.meaning.arguments),
            parameters=redact_parameters(record.parameters),
            inputs=record.inputs,
            outputs=record.outputs,
            accepted=record.accepted,
        )


class Origin(Struct, frozen=True):
    """A file with one content, and what made it; raw data has no maker.

    `depth` counts the steps upstream. `declared` is the stage that would make the file now. One
    that was `told` of before comes without a maker.
    """

    path: str
    state: FileState
    standing: Standing
    size: int | None
    depth: int
    maker: Maker | None = None
    declared: str = ""
    told: bool = False


def _telling_first(code: Mapping[str, str], source: Source) -> dict[str, str]:
    """Return pieces of code with functions and classes first, and what is imported last."""

    def rank(name: str) -> int:
        text = (source(code[name]) or "").lstrip()
        if text.startswith(("def ", "async def ", "class ", "@")):
            return 0
        return 2 if text.startswith(("import ", "from ")) else 1

    return {name: code[name] for name in sorted(code, key=rank)}


def _plain(arguments: Mapping[str, str]) -> dict[str, str]:
    return {name: plainly(text) for name, text in arguments.items()}
