"""`doit strace`, which would build behind datamake's back: refused."""

from __future__ import annotations

from typing import Any

from doit.cmd_base import Command
from doit.exceptions import InvalidCommand


class Strace(Command):
    """Say in one line why there is no strace, and what to type instead."""

    name = "strace"
    doc_purpose = "not for projects that datamake builds"

    def execute(self, opt_values: Any, pos_args: list[str]) -> int:
        """Refuse. Raises InvalidCommand."""
        raise InvalidCommand(
            "`doit strace` builds without records and is not for projects that datamake builds:"
            " type `strace -f -e trace=file` and the command to be looked at"
        )
