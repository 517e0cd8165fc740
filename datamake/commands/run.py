"""`doit` and `doit run`: bring stages up to date, or show what that would do."""

from __future__ import annotations

import functools
import shlex
import signal
import sqlite3
import sys
import time
from collections.abc import Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from doit.action import PythonAction
from doit.cmd_run import Run as DoitRun
from doit.exceptions import InvalidCommand
from doit.runner import ERROR
from doit.task import Task

from datamake import graph, keep
from datamake.commands.base import DatamakeCommand
from datamake.commands.checks import checked_control
from datamake.commands.options import opt_json
from datamake.commands.run_options import (
    OWN,
    RunOptions,
    opt_dry_run,
    opt_resources,
    opt_wait,
)
from datamake.control import Control
from datamake.interruption import Interrupted, Stopped, stoppable
from datamake.leftovers import clear_leftovers, clear_own
from datamake.load import uncollected
from datamake.makers import Makers
from datamake.orphans import orphans
from datamake.outcome import Outcomes
from datamake.policy import Policies
from datamake.proving import Proving
from datamake.pruning import Pruned, no_longer_fresh, prune
from datamake.show import words
from datamake.show.report import JsonReport, Report
from datamake.show.stream import Lasting, say, tolerant
from datamake.store_schema import StoreError

# What builds is imported when something has to be built.
if TYPE_CHECKING:
    from datamake.audit import Audit
    from datamake.dispatch import Dispatcher
    from datamake.outputs import Outputs

REPORTER = "datamake"
STORE_FAILED = (StoreError, sqlite3.DatabaseError)
OWN_REPORTERS = (REPORTER, "json")


class Run(DatamakeCommand, DoitRun):
    """Bring the selected stages, and what they need, up to date."""

    doc_purpose = "bring tasks up to date"
    prunes = True
    _looked_behind = 0
    doc_usage = "[TASK/TARGET...] [NAME=VALUE...]"
    cmd_options = (
        *(OWN.get(option["name"], option) for option in DoitRun.cmd_options),
        opt_dry_run,
        opt_wait,
        opt_resources,
        opt_json,
    )

    def get_reporters(self) -> dict[str, Any]:
        """Return doit's reporters and datamake's own, which is the default."""
        reporters: dict[str, Any] = super().get_reporters()
        own = {REPORTER: Report, "json": JsonReport, "doit-json": reporters["json"]}
        reporters.update(own)
        option = self.cmdparser["reporter"]
        option.choices.update({name: reporter.desc for name, reporter in own.items()})
        if option.default == "console" and "reporter" not in self.config_vals:
            option.set_default(REPORTER)
        return reporters

    def execute(self, params: Any, args: list[str]) -> int | None:
        """Run the command; an interrupt is 130, as from a shell.

        Raises doit's errors for what kept anything from being run.
        """
        self._started = time.monotonic()
        self._outcomes = Outcomes()
        try:
            with stoppable():
                return super().execute(params, args)
        except InvalidCommand as error:
            if not (self._outcomes.any_begun and isinstance(error.__cause__, STORE_FAILED)):
                raise
            # 3 says that nothing was run.
            say(f"ERROR: {error}")
            return int(ERROR)
        except (Stopped, KeyboardInterrupt) as stop:
            # An action may raise KeyboardInterrupt by itself.
            stopped = stop if isinstance(stop, Stopped) else Interrupted(signal.SIGINT)
            say(f"stopped by {stopped}: type the same command again to go on")
            return stopped.code

    def _execute(self) -> int:
        options = RunOptions.of(self._params)
        PythonAction.pm_pdb = options.pdb
        with uncollected():
            proving = self._proving(options)
            self._at_start = Makers(self.task_list, self.loader.root)
            left = Pruned(self.task_list, self.sel_tasks)
            self._pruned = None
            if proving is not None:
                self._pruned = prune(self.task_list, self.sel_tasks, self._at_start, proving.fresh)
                left = self._pruned or left
                proving.keep(left.tasks)
            self.dep_manager.known = left.known
            self.control = self._controlled(options, left)
        if options.dry_run:
            return self._dry_run(options)
        with options.opened() as out, ExitStack() as self._ending:
            self._ending.callback(setattr, self, "outstream", Lasting(tolerant(out)))
            outputs = self._outputs = self._outputs_of(options)
            self.outstream = Lasting(tolerant(outputs.leading(out) if outputs else out))
            code = self._run(options, proving)
            if self.outstream.lost:
                say(f"the report could not be written to its end: {self.outstream.lost}")
            if proving is not None:
                self.dep_manager.write_through()
                proving.record()
            self._say_orphans()
            return code

    def _outputs_of(self, options: RunOptions) -> Outputs | None:
        """Return the outputs of this process, where actions run in it that are to be captured.

        A debugger needs the terminal.
        """
        if options.is_apart or options.pdb or not self.control.tasks:
            return None
        from datamake.outputs import Outputs

        return self._ending.enter_context(Outputs.installed())

    def _proving(self, options: RunOptions) -> Proving | None:
        """Return what proves tasks fresh; None where every task is to be looked at."""
        looks_at_all = options.dry_run or options.single or self.loader.creators.missing
        if looks_at_all or options.reporter not in OWN_REPORTERS:
            return None
        return Proving(self.dep_manager, self.loader.root, always=options.always)

    def _run(self, options: RunOptions, proving: Proving | None) -> int:
        """Build what is left, and what is stale then of what was left out."""
        outcomes = self._outcomes
        fresh = {} if self._pruned is None else self._pruned.fresh
        reporter = self._reporter(options, outcomes, len(fresh))
        clear_leftovers(self.dep_manager)
        keep.prune_failed()
        if not self.control.tasks:
            reporter.complete_run()
            return 0
        self.dep_manager.meanings.look()
        from datamake.chronicle import Chronicle
        from datamake.commands.runner import Project, runner_of
        from datamake.dispatch import Dispatcher
        from datamake.logs import Logs

        project = Project(
            self._policies, self._audit(), lambda path: path in self._folders, self._outputs
        )
        runner = runner_of(project, options, self.dep_manager, reporter, outcomes)
        runner.further = lambda: self._further(options, proving, reporter, outcomes)
        chronicle = Chronicle(lambda: self.dep_manager.store, _typed(), options.num_process)
        self.dep_manager.chronicle = chronicle
        logs = self.dep_manager.logs = Logs(self.loader.root, self._policies.retention, say)
        with logs.kept(self._building):
            try:
                return chronicle.kept(lambda: int(runner.run_all(Dispatcher.of(self.control))))
            except (Stopped, KeyboardInterrupt):
                clear_own(self.dep_manager)
                raise

    def _building(self) -> frozenset[str]:
        """Return the stages that any run is building."""
        return frozenset(lease.stage for lease in self.dep_manager.store.leases.running())

    def _further(
        self, options: RunOptions, proving: Proving | None, reporter: Any, outcomes: Outcomes
    ) -> Dispatcher | None:
        """Return what was left out and is not fresh any more, now that something was built."""
        from datamake.dispatch import Dispatcher

        built = len(outcomes) > self._looked_behind
        self._looked_behind = len(outcomes)
        if self._pruned is None or proving is None or not built:
            return None
        tasks = no_longer_fresh(self._pruned.fresh, self._at_start, proving.fresh)
        if not tasks:
            return None
        reporter.look_again(len(tasks))
        proving.keep(tasks)
        self.control = self._controlled(options, Pruned(tasks, None))
        return Dispatcher.of(self.control)

    def _say_orphans(self) -> None:
        """Say which files no stage makes any more."""
        store, creators = self.dep_manager.store, self.loader.creators
        found = orphans(store, self._present_tasks(), creators, self._makers())
        if found:
            paths = words.listed([orphan.path for orphan in found])
            say(f"no task makes {paths} any more: `doit clean --orphans` removes what it built")

    @functools.cached_property
    def _policies(self) -> Policies:
        return Policies(self.loader.settings)

    @functools.cached_property
    def _folders(self) -> frozenset[str]:
        return graph.folders_with_targets(self._present_tasks(), self.loader.root)

    def _audit(self) -> Audit:
        from datamake.audit import Audit

        return Audit(self.loader.root, self._makers, say)

    def _present_tasks(self) -> Collection[Task]:
        """Return all tasks that there are by now; creators may have run since the start."""
        tasks: Collection[Task] = self.control.tasks.values()
        return tasks if self._pruned is None else self.task_list

    def _makers(self) -> dict[str, str]:
        if self._pruned is not None:
            return self._at_start.known
        return Makers(self._present_tasks(), self.loader.root).known

    def _reporter(self, options: RunOptions, outcomes: Outcomes, fresh: int) -> Any:
        named = isinstance(options.reporter, str)
        chosen = self.reporters[options.reporter] if named else options.reporter
        if not isinstance(chosen, type):
            return chosen
        settings = {
            "failure_verbosity": options.failure_verbosity,
            "outcomes": outcomes,
            "command": self._command_line(),
            "fresh": fresh,
            "started": self._started,
            "at_once": max(1, options.num_process),
            "durations": self._durations,
            "plain": options.pdb,
        }
        reporter = chosen(self.outstream, settings)
        if isinstance(reporter, Report):
            self._ending.callback(reporter.close)
        return reporter

    def _durations(self) -> dict[str, float]:
        """Return how many seconds each stage took when it was built."""
        return self.dep_manager.store.durations()

    def _controlled(self, options: RunOptions, left: Pruned) -> Control:
        return checked_control(left, self.loader, self._policies, options)

    def _dry_run(self, options: RunOptions) -> int:
        from datamake.planner import Planner
        from datamake.show.plan import show_plan

        planner = Planner(self.control, self.dep_manager, self.loader.root)
        at_once = max(1, options.num_process)
        with options.opened() as out:
            if options.as_json:
                from datamake.show.answers import encoded, plan

                out.write(encoded(plan(planner, self._durations(), at_once)))
            else:
                show_plan(planner, out, self._durations(), at_once)
        return 0

    def _command_line(self) -> str:
        given = self.loader.creators.values.given.items()
        return shlex.join(["doit", *(f"{name}={value}" for name, value in given)])


def _typed() -> str:
    """Return the command line that was typed."""
    return shlex.join(["doit", *sys.argv[1:]])
