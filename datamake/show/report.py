"""doit's reporter: hears of a run from doit's runner, and tells it as events to who shows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from doit.exceptions import BaseFail
from doit.task import Stream, Task
from msgspec.structs import replace

from datamake.outcome import NeedsFailed, Outcomes
from datamake.show import events, stage_events
from datamake.show.lines import Lines
from datamake.show.listener import Listener
from datamake.show.stream import is_screen, tolerant

if TYPE_CHECKING:
    from datamake.store_rows import Underway

# With this verbosity, what stages write is shown line by line with their names in front.
NAMED = 2

COUNTED = ("built", "up to date", "ignored", "failed", "not run", "stopped")


class Report:
    """Tells what happens in a run. Has the methods that doit calls on a reporter.

    `options` has `outcomes` and `command` (what to type to build a stage again), and perhaps
    `failure_verbosity`, `fresh` (how many stages are known to be up to date), `started` (by the
    monotonic clock), `at_once` (how many stages are built at once), `durations` (what returns
    how long stages took) and `plain` (that there is to be no display).
    """

    desc = "targets, times and reasons of what was built; failures last [default]"

    def __init__(self, outstream: TextIO, options: dict[str, Any]) -> None:
        self._out = tolerant(outstream)
        self._failure_verbosity = options.get("failure_verbosity", 0)
        self._outcomes: Outcomes = options["outcomes"]
        self._started: float = options.get("started", time.monotonic())
        self._at_once: int = options.get("at_once", 1)
        self._durations = options.get("durations", dict)
        self._counts = dict.fromkeys(COUNTED, 0)
        self._counts["up to date"] = options.get("fresh", 0)
        self._usual: Mapping[str, float] = {}
        self._begun: dict[str, Task] = {}
        self._lock = threading.RLock()
        self._hearing: Any = None
        self._named = self._has_begun = False
        self._command: str = options["command"]
        self._is_plain = options.get("plain", False)
        self._listener = self._first_listener()

    def _first_listener(self) -> Listener:
        return Lines(self._out, self._command)

    def stream(self, stream: Stream) -> Stream:
        """Return the stream that actions are to be run with, in the place of doit's own.

        To be called before anything is told; without it there is no display.
        """
        if not self._is_plain and not self._listener.wants_all and is_screen(self._out):
            from datamake.show.live import Live

            self._listener = Live(self._out, self._command)
        self._named = self._listener.wants_all or stream.verbosity == NAMED
        if not self._named and not self._listener.wants_progress:
            return stream
        from datamake.show.hearing import Hearing
        from datamake.voice import Voice

        self._hearing = Hearing(self._tell)
        mouth, every = self._hearing.mouth, self._listener.wants_all
        return Voice(stream, mouth, named=self._named, all_of_it=every)

    def initialize(self, tasks: dict[str, Task], selected_tasks: list[str]) -> None:
        """Hear which tasks there are."""
        self._has_begun = True
        stages = len(tasks)
        if self._listener.wants_progress:
            from datamake.forecast import expected_of

            expected = expected_of(tasks, selected_tasks, self._durations(), self._at_once)
            self._usual, stages = expected.known, len(expected.stages)
            self._listener.expect(expected)
        fresh = self._counts["up to date"]
        self._tell(events.RunBegun(stages=stages, fresh=fresh))

    def look_again(self, count: int) -> None:
        """Hear that so many stages that were fresh at the start have to be looked at after all."""
        self._counts["up to date"] -= count
        self._tell(events.MoreToLookAt(stages=count))

    def waits(self, stage: str, holder: Underway | None) -> None:
        """Hear who holds the lease that a stage waits for, None when it waits no more."""
        from datamake.lease import describe

        if holder is None:
            self._tell(events.Waited(stage=stage))
            return
        by = holder.process
        line = describe(holder)
        waiting = events.Waiting(
            stage=stage, pid=by.pid, host=by.host, since=holder.since, line=line
        )
        self._tell(waiting)

    def get_status(self, task: Task) -> None:
        """Hear that a task is looked at."""
        if self._listener.wants_progress and task._actions:
            self._tell(events.LookedAt(stage=task.name))

    def execute_task(self, task: Task) -> None:
        """Hear that a task starts."""
        self._begun[task.name] = task
        outcome = self._outcomes.get(task.name)
        if outcome is None:  # a group
            return
        captured = task.io.capture is True and (task.verbosity != NAMED or self._named)
        self._tell(
            events.Begun(
                stage=task.name,
                reasons=outcome.verdict.reasons,
                usual=self._usual.get(task.name),
                has_terminal=self._at_once == 1 and not captured,
            )
        )

    def skip_uptodate(self, task: Task) -> None:
        """Count a stage that was fresh."""
        self._ended(task, "up to date", events.Fresh(stage=task.name))

    def skip_ignore(self, task: Task) -> None:
        """Say that a stage was passed over because `doit ignore` marked it."""
        ignored = events.Ignored(stage=task.name, title=task.title())
        self._ended(task, "ignored", ignored)

    def add_success(self, task: Task) -> None:
        """Say what a stage built, from what reason and in what time."""
        outcome = self._outcomes.get(task.name)
        if outcome is None:  # a group
            self._begun.pop(task.name, None)
            return
        self._ended(task, "built", stage_events.built(task, outcome))

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """Say that a stage failed; why comes at the end."""
        if isinstance(fail, NeedsFailed):
            not_run = events.NotRun(stage=task.name, title=task.title(), needs=fail.needs)
            self._ended(task, "not run", not_run)
        else:
            outcome = self._outcomes.get(task.name)
            seen = stage_events.on_screen(task, self._failure_verbosity)
            self._ended(task, "failed", stage_events.failed(task, fail, outcome, seen))

    def teardown_task(self, task: Task) -> None:
        """Hear that a task's teardown starts."""

    def cleanup_error(self, exception: BaseFail) -> None:
        """Note that a teardown failed."""
        self._tell(events.Trouble(message=exception.message))

    def runtime_error(self, msg: str) -> None:
        """Note an error outside of any task."""
        self._begun.clear()
        self._tell(events.Trouble(message=msg))

    def complete_run(self) -> None:
        """Say what was under way, if the run was stopped, and that it is over."""
        for task in list(self._begun.values()):
            outcome = self._outcomes.get(task.name)
            self._ended(task, "stopped", stage_events.stopped(task, outcome))
        if not self._has_begun:  # there was nothing to look at
            self.initialize({}, [])
        took = time.monotonic() - self._started
        self._tell(events.RunEnded(seconds=took, counts=self._counts))
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was found. It may be called more than once."""
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.close()
        self._listener.close()

    def _ended(self, task: Task, how: str, event: events.OfStage) -> None:
        self._begun.pop(task.name, None)
        self._counts[how] += 1
        if self._hearing is not None:
            self._hearing.all_said()
            self._hearing.forget(task.name)
        self._tell(event)

    def _tell(self, event: events.Event) -> None:
        with self._lock:
            self._listener.hear(replace(event, time=time.time()))


class JsonReport(Report):
    """Tells what happens in a run as JSON, one event a line."""

    desc = "one JSON object a line for everything that happens, as it happens"

    def _first_listener(self) -> Listener:
        from datamake.show.as_json import JsonLines

        return JsonLines(self._out)
