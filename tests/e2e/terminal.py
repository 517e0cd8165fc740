"""What doit shows on a terminal of 80 columns."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """Return what doit shows on a terminal of 80 columns, with its escape sequences."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "doit", *arguments]
    variables = {**os.environ, "COLUMNS": "80", **environment}
    process = subprocess.Popen(command, cwd=folder, stdout=theirs, env=variables)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # how Linux tells that nobody writes to a terminal any more
            part = b""
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()
