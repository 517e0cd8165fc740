"""What attempts printed: the end of it, or what is behind an offset, a bounded piece at a time."""

from __future__ import annotations

import os
import time
from typing import Any

from datamake.log_names import MOMENT, LogName, stage_part
from datamake.redaction import redact
from datamake.serve.confined import ConfinedError, confined
from datamake.serve.options import Options

MOST_BYTES = 64 * 1024
LEAST_BYTES = 4  # the longest letter
TAIL_LINES = 40

CLOCK_SECONDS = 2.0


def piece(
    options: Options,
    path: str,
    offset: int | None,
    most: int = MOST_BYTES,
    *,
    grows: bool = False,
) -> dict[str, Any]:
    """Return a piece of a log, at most so many bytes: its end, or what is behind an offset.

    `path` is relative to the project's folder; "" stands for none. Of one that `grows` the first
    bytes of a letter are left for the next time, when its rest may be there. Raises ConfinedError
    for one that is no file in the folder of logs.
    """
    if not path:
        return {"text": "", "offset": 0, "next": 0, "size": 0}
    with confined(os.path.join(options.project, path), options.logs) as descriptor:
        size = os.fstat(descriptor).st_size
        most = max(LEAST_BYTES, min(most, MOST_BYTES))
        start = max(0, size - most) if offset is None else min(max(0, offset), size)
        content = os.pread(descriptor, most, start)
    if offset is None and start:
        cut = content.find(b"\n") + 1
        start, content = start + cut, content[cut:]
    end = start + len(content)
    if end < size or grows:
        content = _whole(content)
    return {
        "text": redact(content.decode("utf-8", "replace")),
        "offset": start,
        "next": start + len(content),
        "size": size,
    }


def _whole(content: bytes) -> bytes:
    """Return content without the first bytes of a letter whose rest is still to come."""
    for back in range(1, min(4, len(content) + 1)):
        byte = content[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return content[:-back] if length > back else content
        if byte < 0x80:
            break
    return content


def tail(options: Options, path: str) -> list[str]:
    """Return the last lines of a log, none where there is no log."""
    try:
        text = piece(options, path, None)["text"]
    except ConfinedError:
        return []
    return str(text).splitlines()[-TAIL_LINES:]


def running_log(options: Options, stage: str, since: float) -> str:
    """Return the path of the log that a running attempt writes, "" where there is none (yet).

    `since` is when the attempt began, in seconds since the epoch.
    """
    earliest = time.strftime(MOMENT, time.localtime(since - CLOCK_SECONDS))
    try:
        names = os.listdir(options.logs)
    except OSError:
        return ""
    begin = stage_part(stage)
    logs = (LogName.read(name) for name in names if name.startswith(begin))
    found = [log for log in logs if log and log.stage == begin and log.moment >= earliest]
    if not found:
        return ""
    return os.path.relpath(os.path.join(options.logs, max(found).name), options.project)
