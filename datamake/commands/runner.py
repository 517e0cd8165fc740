"""Puts together what builds: doit's runner with its builder, its workers and its audit."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

from doit.task import Stream
from msgspec import Struct

from datamake.audit import Audit
from datamake.building import Builder
from datamake.commands.run_options import RunOptions
from datamake.dependency import Dependency
from datamake.execute import Runner
from datamake.lease import Waiting, describe
from datamake.outcome import Outcomes
from datamake.outputs import Outputs
from datamake.policy import Policies
from datamake.show.report import Report
from datamake.show.stream import say
from datamake.store_rows import Underway
from datamake.workforce import Workforce


class Project(Struct, frozen=True):
    """What builds need to know of the project: its policies, its audit, and what its tasks make.

    `has_targets` says whether targets of the tasks that there are by then lie in a folder;
    `outputs` are those of the process, where actions that run in it are to be captured.
    """

    policies: Policies
    audit: Audit
    has_targets: Callable[[str], bool]
    outputs: Outputs | None = None


def runner_of(
    project: Project, options: RunOptions, dependency: Dependency, reporter: Any, outcomes: Outcomes
) -> Runner:
    """Return what builds tasks as the options say, and tells a reporter."""
    own = isinstance(reporter, Report)
    stream = Stream(options.verbosity, options.force_verbosity)
    waiting = Waiting(
        dependency.store, reporter.waits if own else say_who_is_waited_for, options.wait
    )
    policies = project.policies
    return Runner(
        dependency,
        reporter,
        outcomes,
        Builder(dependency, waiting, policies, project.audit, project.has_targets),
        Workforce(
            max(1, options.num_process),
            options.par_type,
            policies,
            options.limits(policies),
            apart=options.is_apart,
            outputs=project.outputs,
        ),
        continue_=options.continue_,
        always_execute=options.always,
        stream=reporter.stream(stream) if own else stream,
    )


def say_who_is_waited_for(stage: str, holder: Underway | None) -> None:
    """Say that a stage waits for who holds its lease."""
    if holder is not None:
        say(f"waiting for {describe(holder)}")


def typed() -> str:
    """Return the command line that was typed."""
    return shlex.join(["doit", *sys.argv[1:]])
