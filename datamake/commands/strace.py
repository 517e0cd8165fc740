"""`doit strace`: builds one task, and lists the files that it opens, declared or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from typing import Any

from doit.cmd_strace import opt_keep_trace, opt_show_all
from doit.exceptions import InvalidCommand
from doit.task import Task

from datamake.audit import COMPILED, Audit, Opened, is_covered
from datamake.commands.run import Run
from datamake.show.stream import say
from datamake.stamps import OWN_PREFIX
from datamake.trace import is_traceable, unavailable

KEPT = "strace.txt"
LEFT_OUT = {
    "always": False,
    "dry_run": False,
    "as_json": False,
    "outfile": sys.stdout,
    "num_process": 0,
}
FORCED = {"audit": "warn", "audit_commands": "warn"}


def to_be_traced() -> bool:
    """Make a task stale; the reason has the name below."""
    return False


to_be_traced.__qualname__ = "doit strace"


class Strace(Run):
    """Build a task whether it is stale or not, and list what it opens."""

    doc_purpose = "build a task, and list the files that it opens"
    doc_usage = "TASK [NAME=VALUE...]"
    doc_description = """
The files are listed below the report: 'R' for read, 'W' for written, each in
the order in which they were first opened. Of Python actions it is what Python
opens, of commands what they and all that they start open.
"""
    cmd_options = (
        *(option for option in Run.cmd_options if option["name"] not in LEFT_OUT),
        opt_show_all,
        opt_keep_trace,
    )

    def execute(self, params: Any, args: list[str]) -> int | None:
        """Build and list. Raises InvalidCommand unless one task that can be traced is named."""
        params.add_defaults(LEFT_OUT)
        return super().execute(params, args)

    def _execute(self) -> int:
        task = self._only_task()
        task.meta = {**(task.meta or {})}
        task.meta["datamake"] = {**(task.meta.get("datamake") or {}), **FORCED}
        task._extend_uptodate([to_be_traced])
        with ExitStack() as files:
            self._listening = Listening(self.loader.root, lambda: self._makers().known, say)
            if self._params["keep_trace"]:
                self._listening.trace_copy = files.enter_context(open(KEPT, "wb"))
            code = super()._execute()
        if code == 0:
            lines = self._listening.lines(show_all=self._params["show_all"])
            self.outstream.writelines(f"{line}\n" for line in lines)
        return code

    def _audit(self) -> Audit:
        return self._listening

    def _only_task(self) -> Task:
        names = self.sel_tasks or []
        if len(names) != 1:
            raise InvalidCommand("`doit strace` takes one task, behind the options")
        task = self.tasks.get(names[0])
        if task is None:
            raise InvalidCommand(not_found=names[0])
        if not task.actions:
            raise InvalidCommand(f"{task.name} has no actions, so there is nothing to trace")
        why = unavailable() if any(map(is_traceable, task.actions)) else None
        if why is not None:
            raise InvalidCommand(f"commands can't be traced: {why}")
        return task


class Listening(Audit):
    """An audit that remembers what the last stage opened."""

    hears_staged = True
    _calls: tuple[tuple[Opened, Collection[str]], ...] = ()

    def undeclared(self, opened: Opened, declared: Collection[str]) -> Iterator[str]:
        """Yield what is to be said, as ever."""
        # The stage is audited twice, as to its Python actions and as to its commands.
        self._calls = (*self._calls[-1:], (opened, declared))
        return super().undeclared(opened, declared)

    def lines(self, *, show_all: bool) -> Iterator[str]:
        """Yield a line for each file that is there; of the project's, unless all are wanted."""
        declared = {path for _, paths in self._calls for path in paths}
        read = dict.fromkeys(path for opened, _ in self._calls for path in opened.read)
        written = dict.fromkeys(path for opened, _ in self._calls for path in opened.written)
        for letter, paths in (("R", read), ("W", written)):
            for path in dict.fromkeys(map(_unstaged, paths)):
                ours = self.in_project(path, COMPILED)
                if os.path.exists(path) and (show_all or ours is not None):
                    says = ours is None or is_covered(ours, declared)
                    yield f"{letter} {ours or path}{'' if says else '  (not declared)'}"


def _unstaged(path: str) -> str:
    """Return where a staged file went; a path without `.` and `..`."""
    parts = os.path.normpath(path).split(os.sep)
    return os.sep.join(part for part in parts if not part.startswith(f"{OWN_PREFIX}-"))
