"""`doit log`: what the attempts at stages printed, past ones and those that are running."""

from __future__ import annotations

import fnmatch
import itertools
import os
import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand
from msgspec import Struct

from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere
from datamake.model import AttemptState
from datamake.show.stream import Lasting, say
from datamake.spelling import hint

# What reads logs is imported when one is asked for: doit imports each command for its help.
if TYPE_CHECKING:
    from datamake.past_logs import PastLog
    from datamake.store_rows import Underway

MOST_LISTED = 20


def _flag(name: str, short: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "short": short,
        "long": name,
        "type": bool,
        "default": False,
        "help": text,
    }


class Wish(Struct, frozen=True):
    """Which logs are wanted: only of failed attempts, listed, all of them, followed."""

    failed: bool
    follow: bool
    listed: bool
    all: bool


class Log(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Show what attempts printed."""

    only_looks = True
    name = "log"
    doc_purpose = "show what a task printed when it ran last, or is printing now"
    doc_usage = "[TASK/TARGET] [NAME=VALUE...]"
    doc_description = (
        "Without a task: the last logs, a line each. What standard error got is red on a terminal,"
        " and begins with `! ` elsewhere. Logs lie in .datamake/logs."
    )
    cmd_options = (
        _flag("failed", "", "of the last attempt that failed, or was cut short"),
        _flag("follow", "f", "go on showing what is added until the attempt ends"),
        _flag("list", "l", "list the logs of a task, the last one first"),
        _flag("all", "a", "list all of them, however many"),
    )

    def get_options(self) -> list[Any]:
        """Return the options; `-f` is --follow here, as of `tail`, and not doit's --file."""
        options: list[Any] = super().get_options()
        for option in options:
            if option.name == "dodoFile":
                option.short = ""
        return options

    def _execute(self, failed: bool, follow: bool, list: bool, all: bool, pos_args: Any) -> int:
        self.outstream = Lasting(self.outstream)
        names = pos_args or []
        if len(names) > 1:
            raise InvalidCommand(f"one task at a time: {' or '.join(names)}?")
        wish = Wish(failed, follow, list or all or not (names or failed or follow), all)
        try:
            if wish.listed:
                self._list(self._logs(names, wish), wish)
            else:
                self._show(self._chosen(names, wish), wish)
        except (PermissionError, FileNotFoundError) as error:
            what = f"{error.filename} can't be read: {error.strerror}"
            raise InvalidCommand(what) from error
        return 0

    def _running(self) -> Iterable[Underway]:
        return self.dep_manager.store.leases.running()

    # Which ------------------------------------------------------------------------------

    def _logs(self, names: list[str], wish: Wish) -> Iterator[PastLog]:
        """Yield the logs that are asked for, the last one first."""
        from datamake.past_logs import past_logs

        if names and not any(self._of(names[0], past_logs())):
            raise InvalidCommand(self._none_of(names[0]))
        found = self._of(names[0], past_logs()) if names else past_logs()
        without_end = (AttemptState.FAILED, AttemptState.INTERRUPTED)
        for log in found:
            if wish.failed and log.state(self._running) not in without_end:
                continue
            if not names and wish.follow and log.state(self._running) is not AttemptState.RUNNING:
                continue
            if self._has_values(log, names):
                yield log

    def _of(self, name: str, logs: Iterable[PastLog]) -> Iterator[PastLog]:
        """Yield the logs of a stage, of the sub-tasks of a group, or of who makes a target."""
        from datamake.log_text import one_line

        wanted = one_line(self._maker(name) or name)
        for log in logs:
            stage = log.head.stage
            if (
                stage == wanted
                or stage.startswith(f"{wanted}:")
                or ("*" in wanted and fnmatch.fnmatchcase(stage, wanted))
            ):
                yield log

    def _maker(self, name: str) -> str | None:
        """Return who makes a target, None for what is none, or is a task's name too."""
        makers = (task.name for task in self.task_list if name in task.targets)
        return None if name in self.tasks else next(makers, None)

    def _has_values(self, log: PastLog, names: list[str]) -> bool:
        """Whether a log is of an attempt with the values that were typed, or that a target has."""
        from datamake.log_text import in_words

        creators, parameters = self.loader.creators, log.head.parameters
        maker = self._maker(names[0]) if names else None
        if maker is not None:
            return parameters == in_words(creators.values_of(maker))
        for parameter in creators.parameters.get(log.head.stage.partition(":")[0], ()):
            if parameter.name in creators.values.given:
                typed = f"{parameter.name}={parameter.text(creators.values.of(parameter))}"
                if f" {in_words(typed)} " not in f" {parameters} ":
                    return False
        return True

    def _chosen(self, names: list[str], wish: Wish) -> PastLog:
        found = list(itertools.islice(self._logs(names, wish), 2))
        if not found:
            raise InvalidCommand(self._nothing(names, wish))
        if wish.follow and not names and len(found) > 1:
            running = [log.head.stage for log in self._logs(names, wish)]
            raise InvalidCommand(f"several are running, name one of them: {', '.join(running)}")
        return found[0]

    def _nothing(self, names: list[str], wish: Wish) -> str:
        given = self.loader.creators.values.given.items()
        values = " ".join(f"{name}={value}" for name, value in given)
        of = " ".join([*map(shlex.quote, names), values]).strip()
        if wish.failed:
            return f"there is no log of a failed attempt{f' at {of}' if of else ''}"
        if names:
            return f"there is no log of {of}: `doit log --list {names[0]}` shows those there are"
        return "nothing is running: `doit log` lists the logs there are"

    def _none_of(self, name: str) -> str:
        from datamake.past_logs import logged_stages

        if name in self.tasks or name in self.loader.creators.missing:
            return f"{name} has no log: it was not attempted, or its logs are removed by now"
        if self._maker(name) is not None:
            return f"who makes {name} has no log: it was not attempted, or its logs are removed"
        targets = (str(target) for task in self.task_list for target in task.targets)
        meant = hint(name, [*self.tasks, *targets, *logged_stages()], ".")
        return f"{name!r} is no task that has logs{meant} `doit log` lists the logs there are"

    # Showing ----------------------------------------------------------------------------

    def _list(self, logs: Iterator[PastLog], wish: Wish) -> None:
        from datamake.show.log import listed

        some = logs if wish.all else itertools.islice(logs, MOST_LISTED)
        any_log = False
        for line in listed((log, log.state(self._running)) for log in some):
            any_log = True
            self.outstream.write(line)
        if not any_log:
            say("there are no logs")
        elif not wish.all and next(logs, None) is not None:
            say("and earlier ones: `--all` lists them")

    def _show(self, log: PastLog, wish: Wish) -> None:
        from datamake.show.log import on_terminal, said_of

        chunks = log.followed(self._running) if wish.follow else log.text()
        if self.outstream.isatty():
            chunks = on_terminal(chunks, coloured=not os.environ.get("NO_COLOR"))
        for text in chunks:
            self.outstream.write(text)
            if wish.follow or not text:
                self.outstream.flush()
            if self.outstream.lost is not None:
                return
        self.outstream.flush()
        note = said_of(log, log.state(self._running))
        if note:
            say(note)
