"""Takes what is there now as good, without running anything: on a person's word."""

from __future__ import annotations

import time

from doit.task import Task
from msgspec import Struct

from datamake.dependency import Dependency
from datamake.model import Record, State, Verdict
from datamake.show import words


class Answer(Struct, frozen=True):
    """What became of a task that was to be accepted; `why` says why not, or what is news in it."""

    accepted: bool
    why: str
    fresh: bool = False


def judged(dependency: Dependency, task: Task, verdict: Verdict) -> Answer:
    """Say whether what is there of a task can be accepted."""
    if verdict.state in (State.FRESH, State.GROUP, State.IGNORED):
        return Answer(accepted=False, why=verdict.state.value, fresh=True)
    if verdict.waits_for:
        return Answer(accepted=False, why=f"it {words.waits_for(verdict.waits_for)}")
    seen = dependency.seen[task.name]
    missing = [path for path, state in {**seen.inputs, **seen.outputs}.items() if state is None]
    if missing:
        are = "does" if len(missing) == 1 else "do"
        return Answer(accepted=False, why=f"{words.listed(missing)} {are} not exist")
    return Answer(accepted=True, why=words.reasons(verdict.reasons))


def record(dependency: Dependency, task: Task, verdict: Verdict, reason: str = "") -> None:
    """Record the present inputs, targets, code and arguments as those of a good build.

    `reason` is the person's. What the last build saved of values and result stays.
    """
    seen = dependency.seen[task.name]
    last = dependency.judge.known(task).record
    task.values = dependency.get_values(task.name)
    task.save_extra_values()
    values, result = dependency.encoded(task)
    accepted = Record(
        stage=task.name,
        targets=verdict.stage.targets,
        meaning=seen.meaning,
        checker=seen.checker,
        inputs=seen.inputs,
        outputs=seen.outputs,
        values=values,
        result=result if last is None else last.result,
        started=time.time() if last is None else last.started,
        seconds=0.0 if last is None else last.seconds,
        accepted=reason,
        parameters=dependency.parameters(task.name),
    )
    dependency.store.commit(verdict.stage, accepted)
