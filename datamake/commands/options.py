"""Options that several commands have, and where they may stand."""

from __future__ import annotations

import getopt
import shutil
from typing import Any

opt_json = {
    "name": "as_json",
    "long": "json",
    "type": bool,
    "default": False,
    "help": "answer with a document of JSON, for programs",
}


class OptionsAnywhere:
    """A command that takes its options behind names too. To be inherited before a doit command.

    It is for commands whose tasks have no options of their own.
    """

    cmdparser: Any

    def parse_execute(self, in_args: list[str]) -> Any:
        """Read the words of the command line, and run the command."""
        try:
            options, names = getopt.gnu_getopt(
                in_args, self.cmdparser.get_short(), self.cmdparser.get_long()
            )
            in_args = [word for option in options for word in option if word] + names
        except getopt.GetoptError as error:
            # doit says what is wrong, of an option that stands before all names: behind them it
            # would take it for the task's.
            wrong = error.msg.split()[1]
            in_args = [word for word in in_args if word.startswith(wrong)] or in_args
        return super().parse_execute(in_args)  # type: ignore[misc]


def width_of(stream: Any) -> int | None:
    """Return how wide a terminal is; None for what is none, where nothing need be cut."""
    return max(40, shutil.get_terminal_size().columns) if stream.isatty() else None
