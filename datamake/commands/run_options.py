"""The options of `doit run`, and how what was typed for them is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from doit.cmd_run import opt_num_process, opt_parallel_type
from doit.exceptions import InvalidCommand
from msgspec import Struct, structs

from datamake.forks import usable_cores
from datamake.parameters.scalars import read_duration
from datamake.policy import Policies
from datamake.resources import read_limits

opt_dry_run = {
    "name": "dry_run",
    "long": "dry-run",
    "type": bool,
    "default": False,
    "help": "show what would run, in order and with reasons, and run nothing",
}


def read_seconds(text: str) -> float:
    """Return a time span that was typed: a number of seconds, or with units as in `1m30s`."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = read_duration(text).total_seconds()
    if not seconds >= 0:
        raise ValueError(f"{text} is no time to wait")
    return seconds


opt_wait = {
    "name": "wait",
    "long": "wait",
    "type": read_seconds,
    "default": None,
    "help": (
        "how long to wait for a task that somebody else is building [default: without limit], and"
        " for the store where another program holds it [default: a minute]"
    ),
}


def read_number(text: str) -> int:
    """Return how many stages are to be built at once, as it was typed. Raises ValueError."""
    try:
        return usable_cores() if text == "auto" else int(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a whole number nor auto") from None


opt_number = {
    **opt_num_process,
    "type": read_number,
    "help": (
        "how many tasks to build at once, each in a process of its own; auto for as many as"
        " there are cores [default: one after the other]"
    ),
}

opt_kind = {
    **opt_parallel_type,
    "choices": (("process", "in processes"), ("thread", "in threads of this process")),
    "help": "with -n: what runs actions. Threads are for actions that release the GIL",
}

opt_resources = {
    "name": "resources",
    "long": "resources",
    "type": read_limits,
    "default": None,
    "help": (
        "how much there is of what tasks need, as in memory_gb=16,database=1; goes before"
        " resources of pyproject.toml"
    ),
}

OWN = {opt["name"]: opt for opt in (opt_number, opt_kind)}


class RunOptions(Struct, frozen=True):
    """The options of one run, named as doit names them; `outfile` is a path or an open stream."""

    outfile: Any
    verbosity: int | None
    force_verbosity: bool
    failure_verbosity: int
    reporter: Any
    always: bool
    continue_: bool
    single: bool
    auto_delayed_regex: bool
    pdb: bool
    dry_run: bool
    wait: float | None
    num_process: int
    par_type: Literal["process", "thread"]
    resources: dict[str, float] | None
    as_json: bool

    @classmethod
    def of(cls, params: Any) -> RunOptions:
        """Take the options from doit's parameters."""
        options = cls(**{name: params[name] for name in cls.__struct_fields__})
        if options.num_process < 0:
            raise InvalidCommand(f"-n {options.num_process} is no number of tasks")
        if options.as_json and not options.dry_run:
            raise InvalidCommand("--json goes with --dry-run: it tells what would run")
        # A debugger needs the terminal, and the process in which the action failed.
        return structs.replace(options, num_process=0) if options.pdb else options

    @property
    def is_apart(self) -> bool:
        """Whether actions run in another process than this one, also one at a time.

        What actions write past Python would stand between the lines of JSON.
        """
        return self.num_process > 0 or (self.reporter == "json" and not self.pdb)

    def limits(self, policies: Policies) -> dict[str, float]:
        """Return how much there is of each resource: what was typed goes before the project's."""
        return {**policies.limits, **(self.resources or {})}

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Open the stream for the report, and close it behind the block if it is a file."""
        if not isinstance(self.outfile, str):
            yield self.outfile
            return
        with open(self.outfile, "w", encoding="utf-8") as out:
            yield out
