"""doit's control of the tasks of a run, once nothing speaks against the run."""

from __future__ import annotations

from doit.exceptions import InvalidCommand

from datamake import graph
from datamake.commands.run_options import RunOptions
from datamake.control import Control
from datamake.load import Loader
from datamake.policy import Policies
from datamake.pruning import Pruned
from datamake.resources import refuse_more_than_there_is


def checked_control(
    left: Pruned, loader: Loader, policies: Policies, options: RunOptions
) -> Control:
    """Return doit's control of the tasks that are left to look at.

    Raises doit's errors for what has to be mended first: a parameter without a value, what is no
    action, more resources than there are, a path that can't be, an input that is not there and that
    no task makes.
    """
    loader.complete(left.tasks)
    control = Control(left.tasks, auto_delayed_regex=options.auto_delayed_regex)
    control.process(left.selected)
    if options.single:
        _drop_upstream(control)
    order = graph.in_order(control.tasks, control.selected_tasks)
    graph.refuse_impossible_paths(control.tasks[name] for name in order)
    needs = []
    for name in order:
        _ = control.tasks[name].actions  # doit makes them now, and refuses what is none
        needs.append((name, policies.of(control.tasks[name]).resources))
        if name in loader.creators.missing:
            raise InvalidCommand(loader.creators.needs(name))
    refuse_more_than_there_is(needs, options.limits(policies))
    made = graph.producers(control.tasks.values(), loader.root)
    for name, path in graph.missing_inputs(control.tasks, order, made):
        raise InvalidCommand(f"{name} needs {path}, which is not there, and no task makes it")
    return control


def _drop_upstream(control: Control) -> None:
    """Leave the selected tasks alone with what they are made of: doit's `--single`."""
    for name in control.selected_tasks:
        task = control.tasks[name]
        for sub_task in task.task_dep if task.has_subtask else [name]:
            control.tasks[sub_task].task_dep = []
