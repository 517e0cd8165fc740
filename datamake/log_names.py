"""The names of logs: the stage, when the attempt began, the values of its parameters."""

from __future__ import annotations

import functools
import os
import re
import time

from msgspec import Struct

from datamake.keep import file_name

FOLDER = os.path.join(".datamake", "logs")

# What file systems allow in one name is 255 bytes.
LONGEST_STAGE = 120
LONGEST_VALUES = 60

MOMENT = "%Y-%m-%dT%H-%M-%S"
NAME = re.compile(
    r"(?P<stage>.+)_(?P<moment>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:_(?P<values>[^~]*?))?"
    r"(?:~(?P<count>\d+))?\.log",
    re.DOTALL,
)
UNSAFE = re.compile(r"[^\w.,+-]+")


class LogName(Struct, frozen=True, order=True):
    """What the name of a log says; those of one stage are in the order of their beginning."""

    moment: str
    count: int
    stage: str
    name: str

    @classmethod
    def read(cls, name: str) -> LogName | None:
        """Read the name of a file in the folder of logs; None for one that is no log's."""
        found = NAME.fullmatch(name)
        if found is None:
            return None
        return cls(found["moment"], int(found["count"] or 1), found["stage"], name)


def stage_part(stage: str) -> str:
    """Return what the names of a stage's logs begin with."""
    return file_name(stage, LONGEST_STAGE)


def log_name(stage: str, started: float, parameters: str, count: int = 1) -> str:
    """Return the name of a log, `count` for one more from the same second.

    `started` is in seconds since the epoch, `parameters` are values as one would type them.
    """
    values = f"_{_values(parameters)}" if parameters else ""
    number = f"~{count}" if count > 1 else ""
    return f"{stage_part(stage)}_{moment(int(started))}{values}{number}.log"


@functools.lru_cache(1024)
def _values(parameters: str) -> str:
    safe = UNSAFE.sub("-", parameters.replace("=", "").replace(" ", "_"))
    return os.fsencode(safe)[:LONGEST_VALUES].decode("utf-8", "ignore")


@functools.lru_cache(16)
def moment(second: int) -> str:
    """Return a time in seconds since the epoch as names have it, which files may be called."""
    return time.strftime(MOMENT, time.localtime(second))


def log_names() -> list[LogName]:
    """Return the names of the logs that there are, the last one first."""
    try:
        found = [LogName.read(name) for name in os.listdir(FOLDER)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((name for name in found if name is not None), reverse=True)
