"""What is told of options that a command, or a task, does not know or can't read."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from getopt import GetoptError
from typing import Any

from doit.cmdparse import CmdOption, CmdParse, CmdParseError

from datamake.show.stream import Lasting, tolerant
from datamake.spelling import nearest

HELP = ("h", "help")
WRONG_VALUE = re.compile(r"Error parsing parameter '(\w+)'(?: (<.*>))?\. *\n?")
NUMBERS = {int: "a whole number", float: "a number"}


class OptionsInWords:
    """A command that shows its help for `-h`, and says in words what it can't read.

    To be inherited before a doit command.
    """

    name: str
    _cmdparser: CmdParse

    @property
    def cmdparser(self) -> CmdParse:
        """What reads the command's options. Ends doit where the configuration can't be read."""
        try:
            parser: CmdParse = super().cmdparser  # type: ignore[misc]
        except CmdParseError as error:
            # doit makes its commands where it does not look for errors any more.
            wrong = _of_value(error, self._cmdparser)
            sys.stderr.write(f"ERROR: {wrong}, in the configuration of doit {self.name}\n")
            sys.exit(3)
        return parser

    def parse_execute(self, in_args: list[str]) -> Any:
        """Read the words of the command line, and run the command. Raises CmdParseError."""
        try:
            self.cmdparser.parse(in_args)
        except CmdParseError as error:
            if asks_for_help(error):
                Lasting(tolerant(sys.stdout)).write(f"{self.help()}\n")  # type: ignore[attr-defined]
                return 0
            raise CmdParseError(of_command(error, self.cmdparser, self.name)) from error
        return super().parse_execute(in_args)  # type: ignore[misc]


def asks_for_help(error: CmdParseError) -> bool:
    """Whether all that could not be read is `-h` or `--help`."""
    cause = error.__context__
    return isinstance(cause, GetoptError) and cause.opt in HELP


def of_command(error: CmdParseError, parser: CmdParse, command: str) -> str:
    """Return what to tell of options of a command; doit lists the objects that it reads with."""
    cause = error.__context__
    if not isinstance(cause, GetoptError):
        return _of_value(error, parser)
    hint = f"`doit help {command}` shows the options"
    if not cause.msg.endswith("not recognized"):
        # doit takes a word with = in it for a variable, so `--resources gpu=1` lacks its value.
        lacks = len(cause.opt) > 1 and cause.msg.endswith("requires argument")
        return f"{cause.msg}{f', as in --{cause.opt}=...' if lacks else ''}: {hint}"
    option = _unknown(cause)
    meant = nearest(option, _options(parser))
    end = f": did you mean {meant}?" if meant else "."
    return f"`doit {command}` has no option {option}{end} {hint}"


def of_task(
    error: CmdParseError, parser: CmdParse, command: str, parameters: Collection[str]
) -> str:
    """Return what to tell of options that stand behind a task, and so count as the task's."""
    cause = error.__context__
    if not isinstance(cause, GetoptError) or not cause.msg.endswith("not recognized"):
        return _of_task_value(str(error).partition(" (parsing options:")[0])
    option, name = _unknown(cause), cause.opt.replace("-", "_")
    if option in _options(parser):
        return f"{option} stands behind a task: type `doit {command} {option} TASK`"
    if name in parameters:
        return f"{option} is no option but a parameter: type {name}=..."
    if cause.opt in HELP:
        return "type `doit help TASK` for the parameters of a task"
    return f"{option} is an option of no task: `doit help TASK` shows a task's parameters"


def _of_task_value(text: str) -> str:
    """Return what to tell of a value of a task's own option, of which the message has the type."""
    named = WRONG_VALUE.match(text)
    if named is None:
        return text.strip()
    kinds = {f"<class '{kind.__name__}'>": words for kind, words in NUMBERS.items()}
    wrong = text[named.end() :].strip()
    if named[2] in kinds:
        wrong = f"{wrong.rpartition(': ')[2]} is not {kinds[named[2]]}"
    return f"{named[1]}: {wrong}"


def _of_value(error: CmdParseError, parser: CmdParse) -> str:
    """Return what to tell of a value; doit names what the option is called in its code."""
    text = str(error).strip()
    named = WRONG_VALUE.match(text)
    if named is None or named[1] not in parser:
        return text
    option = parser[named[1]]
    wrong = text[named.end() :]
    if option.type in NUMBERS:
        wrong = f"{wrong.rpartition(': ')[2]} is not {NUMBERS[option.type]}"
    return f"{_spelled(option)}: {wrong}"


def _unknown(cause: GetoptError) -> str:
    """Return an option with its dashes, which only the message has: there are -n and --n."""
    return cause.msg.split()[1]


def _typed(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name}"


def _spelled(option: CmdOption) -> str:
    """Return an option as one types it, or as it stands in the configuration."""
    return ", ".join(_spellings(option)) or option.name


def _spellings(option: CmdOption) -> list[str]:
    return [_typed(name) for name in (option.short, option.long, option.inverse) if name]


def _options(parser: CmdParse) -> list[str]:
    return [spelling for option in parser.options for spelling in _spellings(option)]
