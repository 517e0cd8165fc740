"""A file with one content, and what made it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from datamake.model import FileState
from datamake.past import PastRun


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
