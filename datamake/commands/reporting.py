"""Which reporter a run has, and what that is told of the run."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from typing import Any

from doit.cmd_run import Run as DoitRun

from datamake.commands.base import DatamakeCommand
from datamake.commands.run_options import RunOptions
from datamake.outcome import Outcomes
from datamake.show.report import JsonReport, Report

REPORTER = "datamake"
OWN_REPORTERS = (REPORTER, "json")


class Reporting(DatamakeCommand, DoitRun):
    """A run that reports. `_ending` is what is done when the report is complete."""

    _started: float
    _ending: ExitStack

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

    def _command_line(self) -> str:
        given = self.loader.creators.values.given.items()
        return shlex.join(["doit", *(f"{name}={value}" for name, value in given)])
