"""`doit run --dry-run`: what would run, why, and how long it would take."""

from __future__ import annotations

from collections.abc import Mapping

from datamake.commands.run_options import RunOptions
from datamake.planner import Planner


def dry_run(planner: Planner, options: RunOptions, durations: Mapping[str, float]) -> None:
    """Show what would run; `durations` are seconds of earlier builds by stage."""
    at_once = max(1, options.num_process)
    with options.opened() as out:
        if options.as_json:
            from datamake.show.answers import encoded, plan

            out.write(encoded(plan(planner, durations, at_once)))
        else:
            from datamake.show.plan import show_plan

            show_plan(planner, out, durations, at_once)
