"""`doit` and `doit run`: bring stages up to date, or show what that would do."""

from __future__ import annotations

import functools
import signal
import sqlite3
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
from datamake.commands.checks import checked_control
from datamake.commands.made_late import MadeLate
from datamake.commands.options import opt_json
from datamake.commands.reporting import OWN_REPORTERS, Reporting
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
from datamake.show.stream import Lasting, say, tolerant
from datamake.store_schema import StoreError

# What builds is imported when something has to be built.
if TYPE_CHECKING:
    from datamake.audit import Audit
    from datamake.dispatch import Dispatcher
    from datamake.outputs import Outputs

STORE_FAILED = (StoreError, sqlite3.DatabaseError)


class Run(MadeLate, Reporting):
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
            left = self._left(proving)
            self.dep_manager.known = left.known
            self.control = self._controlled(options, left)
        if options.dry_run:
            from datamake.commands.dry_run import dry_run
            from datamake.planner import Planner

            planner = Planner(self.control, self.dep_manager, self.loader.root)
            dry_run(planner, options, self._durations())
            return 0
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
            if not self._is_all_that_was_built():
                self._say_orphans()
            elif proving is not None:
                proving.note_all_fresh()
            return code

    def _left(self, proving: Proving | None) -> Pruned:
        """Return what is to be looked at, of all tasks; sets those that are known to be fresh."""
        self._pruned = None
        at_once = 0 if proving is None or self.sel_tasks else proving.all_fresh(self.loaded)
        if at_once:
            self._pruned = Pruned([], None, at_once=at_once)
            return self._pruned
        at_start, left = self._at_start, Pruned(self.task_list, self.sel_tasks)
        if proving is not None:
            self._pruned = prune(self.task_list, self.sel_tasks, at_start, proving.fresh)
            left = self._pruned or left
            proving.keep(left.tasks)
        return left

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
        fresh = 0 if self._pruned is None else len(self._pruned.fresh) + self._pruned.at_once
        reporter = self._reporter(options, outcomes, fresh)
        clear_leftovers(self.dep_manager)
        keep.prune_failed()
        if not self.control.tasks:
            reporter.complete_run()
            return 0
        self.dep_manager.meanings.look()
        from datamake.chronicle import Chronicle
        from datamake.commands.runner import Project, runner_of, typed
        from datamake.dispatch import Dispatcher
        from datamake.logs import Logs

        project = Project(
            self._policies, self._audit(), lambda path: path in self._folders, self._outputs
        )
        runner = runner_of(project, options, self.dep_manager, reporter, outcomes)
        runner.further = lambda: self._further(options, proving, reporter, outcomes)
        chronicle = Chronicle(lambda: self.dep_manager.store, typed(), options.num_process)
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

    def _is_all_that_was_built(self) -> bool:
        """Whether every stage was proved fresh, and nothing else was ever built."""
        pruned = self._pruned
        if pruned is None or pruned.tasks or pruned.selected is not None:
            return False
        if pruned.at_once:  # which is noted where it is so
            return True
        return self.dep_manager.store.count_built() == len(self._at_start.made)

    def _say_orphans(self) -> None:
        """Say which files no stage makes any more."""
        store, creators = self.dep_manager.store, self.loader.creators
        found = orphans(store, self._present_tasks(), creators, self._makers().known)
        if found:
            paths = words.listed([orphan.path for orphan in found])
            say(f"no task makes {paths} any more: `doit clean --orphans` removes what it built")

    @functools.cached_property
    def _at_start(self) -> Makers:
        """Who makes what, of the tasks that there were at the start."""
        return Makers(self.task_list, self.loader.root)

    @functools.cached_property
    def _policies(self) -> Policies:
        return Policies(self.loader.settings)

    @functools.cached_property
    def _folders(self) -> frozenset[str]:
        return graph.folders_with_targets(self._present_tasks(), self.loader.root)

    def _audit(self) -> Audit:
        from datamake.audit import Audit

        return Audit(self.loader.root, lambda: self._makers().known, say)

    def _present_tasks(self) -> Collection[Task]:
        """Return all tasks that there are by now; creators may have run since the start."""
        tasks: Collection[Task] = self.control.tasks.values()
        return tasks if self._pruned is None else self.task_list

    def _makers(self) -> Makers:
        return super()._makers() if self._pruned is None else self._at_start

    def _controlled(self, options: RunOptions, left: Pruned) -> Control:
        return checked_control(left, self.loader, self._policies, options)
