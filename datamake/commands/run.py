"""`doit` and `doit run`: bring stages up to date, or show what that would do."""

from __future__ import annotations

import codecs
import sys
from typing import Any

from doit.action import PythonAction
from doit.cmd_run import Run as DoitRun
from doit.control import TaskControl
from doit.exceptions import InvalidCommand
from doit.task import Stream

from datamake import graph
from datamake.commands.base import DatamakeCommand
from datamake.execute import Runner, clear_leftovers
from datamake.outcome import Outcomes
from datamake.planner import Planner
from datamake.show.plan import show_plan
from datamake.show.report import Report

REPORTER = "datamake"
INTERRUPTED = 130

opt_dry_run = {
    "name": "dry_run",
    "long": "dry-run",
    "type": bool,
    "default": False,
    "help": "show what would run, in order and with reasons, and run nothing",
}


class Run(DatamakeCommand, DoitRun):  # type: ignore[misc]
    """Bring the selected stages, and what they need, up to date."""

    doc_purpose = "bring tasks up to date"
    doc_usage = "[TASK/TARGET...] [NAME=VALUE...]"
    cmd_options = (*DoitRun.cmd_options, opt_dry_run)

    def get_reporters(self) -> dict[str, Any]:
        """Return doit's reporters and datamake's own, which is the default."""
        reporters: dict[str, Any] = super().get_reporters()
        reporters[REPORTER] = Report
        option = self.cmdparser["reporter"]
        option.choices[REPORTER] = Report.desc
        if option.default == "console" and "reporter" not in self.config_vals:
            option.set_default(REPORTER)
        return reporters

    def execute(self, params: Any, args: list[str]) -> int | None:
        """Run the command; an interrupt is 130, as from a shell."""
        # What a configuration made for plain doit asks for is no reason not to build.
        if "num_process" in params._non_default_keys and params["num_process"] > 1:
            raise InvalidCommand(
                f"-n {params['num_process']}: stages run one after the other for now; leave -n out"
            )
        try:
            return super().execute(params, args)
        except KeyboardInterrupt:
            sys.stderr.write("interrupted: type the same command again to go on\n")
            return INTERRUPTED

    def _execute(
        self,
        outfile: Any,
        verbosity: int | None = None,
        always: bool = False,
        continue_: bool = False,
        reporter: Any = REPORTER,
        single: bool = False,
        auto_delayed_regex: bool = False,
        force_verbosity: bool = False,
        failure_verbosity: int = 0,
        pdb: bool = False,
        dry_run: bool = False,
    ) -> int:
        PythonAction.pm_pdb = pdb
        self.control = self._checked_control(auto_delayed_regex, single)
        if dry_run:
            return self._dry_run(outfile)
        clear_leftovers(self.dep_manager)
        outcomes = Outcomes()
        settings = {
            "failure_verbosity": failure_verbosity,
            "outcomes": outcomes,
            "command": self._command_line(),
        }
        outstream = codecs.open(outfile, "w", "utf-8") if isinstance(outfile, str) else outfile
        self.outstream = outstream
        try:
            folders = graph.folders_with_targets(self.control.tasks.values(), self.loader.root)
            runner = Runner(
                self.dep_manager,
                self._reporter(reporter, outstream, settings),
                outcomes,
                folders.__contains__,
                continue_=continue_,
                always_execute=always,
                stream=Stream(verbosity, force_verbosity),
            )
            return int(runner.run_all(self.control.task_dispatcher()))
        finally:
            if isinstance(outfile, str):
                outstream.close()

    def _reporter(self, reporter: Any, outstream: Any, settings: dict[str, Any]) -> Any:
        chosen = self.reporters[reporter] if isinstance(reporter, str) else reporter
        return chosen(outstream, settings) if isinstance(chosen, type) else chosen

    def _checked_control(self, auto_delayed_regex: bool, single: bool) -> TaskControl:
        """Return doit's control of the selected tasks, once nothing speaks against a run.

        Raises doit's errors for what has to be mended first.
        """
        control = TaskControl(self.task_list, auto_delayed_regex=auto_delayed_regex)
        control.process(self.sel_tasks)
        if single:
            _drop_upstream(control)
        order = graph.in_order(control.tasks, control.selected_tasks)
        for name in order:
            if name in self.loader.creators.missing:
                raise InvalidCommand(self.loader.creators.needs(name))
        made = graph.producers(control.tasks.values(), self.loader.root)
        for name, path in graph.missing_inputs(control.tasks, order, made):
            raise InvalidCommand(f"{name} needs {path}, which is not there, and no task makes it")
        return control

    def _dry_run(self, outfile: Any) -> int:
        planner = Planner(self.control, self.dep_manager, self.loader.root)
        show_plan(planner, sys.stdout if isinstance(outfile, str) else outfile)
        return 0

    def _command_line(self) -> str:
        given = (f"{name}={value}" for name, value in self.loader.creators.values.given.items())
        return " ".join(["doit", *given])


def _drop_upstream(control: TaskControl) -> None:
    """Leave the selected tasks alone with what they are made of: doit's `--single`."""
    for name in control.selected_tasks:
        task = control.tasks[name]
        for sub_task in task.task_dep if task.has_subtask else [name]:
            control.tasks[sub_task].task_dep = []
