"""doit's loader of tasks, for projects that say `loader = "datamake"`."""

from __future__ import annotations

import gc
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import doit.doit_cmd
import doit.loader
from doit.cmd_base import DodoTaskLoader
from doit.exceptions import InvalidCommand, InvalidDodoFile, InvalidTask
from doit.task import Task

from datamake import graph
from datamake.bytecode import drop_ambiguous, drop_doubtful
from datamake.configuration import table
from datamake.creators import CONFIGURATION, Creators, Values
from datamake.declared import Declared, each
from datamake.early import say_interrupts
from datamake.modules import saved_since
from datamake.outside import ADVICE
from datamake.parameters import InvalidParameter, unknown

# doit's own versions of these would build or judge without datamake.
REPLACED = frozenset(
    {"run", "list", "info", "clean", "forget", "ignore", "reset-dep", "dumpdb", "strace"}
)

# What records that code has run, or is good as it is.
RECORDING = frozenset({"run", "accept"})


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking again and again through what is made here to stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Variables(dict[str, str]):
    """The `name=value` words of the command line; remembers which a dodo.py asks for."""

    def __init__(self, given: dict[str, str] | None) -> None:
        super().__init__(given or {})
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, as doit's `get_var` does."""
        self.asked.add(name)
        return super().get(name, default)


class Loader(DodoTaskLoader):
    """Loads a dodo.py, calls its creators with typed parameters, and links the tasks."""

    def __init__(self) -> None:
        super().__init__()
        say_interrupts()
        self.creators = Creators(Values({}, {}))
        self.root = self.project = ""
        self.settings: dict[str, Any] = {}
        self._variables = Variables({})
        self._began_ns = 0

    def setup(self, opt_values: dict[str, Any]) -> None:
        """Import the dodo.py. Raises InvalidDodoFile with one line where that fails, or ends."""
        self._variables = Variables(doit.doit_cmd._CMDLINE_VARS)
        doit.doit_cmd._CMDLINE_VARS = self._variables
        self._began_ns = time.time_ns()
        try:
            drop_doubtful(_project_of(opt_values))
            module = doit.loader.get_module(
                opt_values["dodoFile"], opt_values["cwdPath"], opt_values["seek_file"]
            )
        except (InvalidDodoFile, InvalidCommand, InvalidTask):
            raise
        except SystemExit as leaving:
            raise _left(opt_values["dodoFile"], leaving) from leaving
        except Exception as error:
            from datamake.failure import project_error

            name = opt_values["dodoFile"]
            raise InvalidDodoFile(f"{name} can't be loaded: {project_error(error)}") from error
        self.root = os.path.normpath(os.getcwd())
        self.project = os.path.dirname(os.path.abspath(str(module.__file__)))
        drop_ambiguous(self.project)
        self.settings = table(self.project, "datamake")
        configured = _parameters(self.settings)
        self.creators = Creators(Values(dict(self._variables), configured))
        self.namespace = self.creators.wrapped(vars(module))

    def load_tasks(self, cmd: Any, pos_args: list[str]) -> list[Task]:
        """Create the tasks. Raises doit's errors for what a person has to mend first."""
        if type(cmd).__module__.startswith("doit.") and cmd.name in REPLACED:
            raise InvalidDodoFile(f"`doit {cmd.name}` is plain doit's: {ADVICE}")
        with uncollected():
            try:
                tasks: list[Task] = super().load_tasks(cmd, pos_args)
                tasks = tasks if getattr(cmd, "takes_batches", False) else each(tasks)
            except SystemExit as leaving:
                raise _left("a creator of tasks", leaving) from leaving
            self._refuse_unknown()
            if cmd.name in RECORDING:
                self._refuse_half_loaded()
            if not getattr(cmd, "prunes", False):
                self.complete(tasks)
        return tasks

    def complete(self, tasks: list[Task]) -> None:
        """Make doit's objects of tasks, and link them. Raises InvalidTask for what is wrong."""
        for task in tasks:
            if isinstance(task, Declared):
                task.make()
        graph.link(tasks, self.root)

    def _refuse_half_loaded(self) -> None:
        """Refuse code of which the old version may be loaded and the new one would be recorded."""
        saved = saved_since(self.project, self._began_ns)
        if saved is not None:
            path = os.path.relpath(saved, self.root)
            raise InvalidDodoFile(
                f"{path} was saved while it was loaded, so what would run may not be what it says"
                " now: type the same command again"
            )

    def _refuse_unknown(self) -> None:
        values, known = self.creators.values, self.creators.known
        strange = [n for n in values.given if n not in known | self._variables.asked]
        strange = [name for name in strange if not _is_read(name, self.root)]
        if strange:
            raise InvalidParameter(unknown(strange, known))
        strange = [name for name in values.configured if name not in known]
        if strange:
            raise InvalidParameter(f"{CONFIGURATION}: {unknown(strange, known)}")


def _left(who: str, leaving: SystemExit) -> InvalidDodoFile:
    """Return what is to be said where code ends doit before anything was looked at."""
    from datamake.failure import project_frames

    code = "" if leaving.code is None else repr(leaving.code)
    place = "".join(f": {place}" for place, _ in project_frames(leaving)[-1:])
    return InvalidDodoFile(f"{who} called sys.exit({code}) while it was loaded{place}")


def _project_of(options: dict[str, Any]) -> str:
    """Return the folder in which doit is going to find the dodo.py, or look for it in vain."""
    path: str = os.path.abspath(options["dodoFile"])
    folder, name = os.path.split(path)
    while options["seek_file"] and not os.path.exists(os.path.join(folder, name)):
        if folder == os.path.dirname(folder):
            break
        folder = os.path.dirname(folder)
    return folder


def _parameters(settings: dict[str, Any]) -> dict[str, Any]:
    parameters = settings.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise InvalidDodoFile(f"{CONFIGURATION} is no table of values: {parameters!r}")
    return parameters


def _is_read(name: str, root: str) -> bool:
    """Whether the project's code asks doit for a variable, perhaps only when an action runs."""
    call = re.compile(rf"get_var\(\s*['\"]{re.escape(name)}['\"]")
    return any(call.search(text) for text in _sources(root))


def _sources(root: str) -> Iterable[str]:
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and path.startswith(root + os.sep) and path.endswith(".py"):
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read()
