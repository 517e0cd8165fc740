"""Runs what a task has to do when the run is over, and says what went wrong with it."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from doit.action import BaseAction, PythonAction
from doit.exceptions import BaseFail, SetupError
from doit.task import Stream, Task

from datamake.actions import Raised, failure_message
from datamake.children import ForeignProcessError, end_children, marked, own_children
from datamake.failure import describe_failure, project_frames
from datamake.store_rows import new_token


def tear_down(task: Task, stream: Stream) -> SetupError | None:
    """Run a task's teardown; return its failure as doit reports it, None if it went well.

    The message of the failure has the task, the cause, and the lines of the person's code.
    """
    actions, raised = task.teardown, Raised()
    task.teardown = [_watched(action, raised) for action in actions]
    try:
        failure = _torn_down(task, stream)
    finally:
        task.teardown = actions
    if failure is None:
        return None
    error = raised.exception
    cause = describe_failure(error) if error else failure_message(failure, actions)
    lines = [f"the teardown of {task.name} failed: {cause}"]
    for place, line in project_frames(error):
        lines += [f"  {place}", f"      {line}"]
    return SetupError("\n".join(lines), failure)


def _torn_down(task: Task, stream: Stream) -> BaseFail | None:
    """Run a teardown; where it is stopped, end what it has started."""
    token, older = new_token(), own_children()
    try:
        with marked(token):
            failure: BaseFail | None = task.execute_teardown(stream)
        return failure
    except BaseException as ending:
        try:
            end_children(token, older)
        except ForeignProcessError as foreign:
            ending.add_note(str(foreign))
        raise


def _watched(action: BaseAction, raised: Raised) -> BaseAction:
    """Return an action that puts what its function raises into `raised`."""
    if not isinstance(action, PythonAction):
        return action
    watched = copy.copy(action)
    watched.py_callable = _telling(action.py_callable, raised)
    return watched


def _telling(function: Callable[..., Any], raised: Raised) -> Callable[..., Any]:
    @functools.wraps(function)
    def telling(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raised.exception = error
            raise

    return telling
