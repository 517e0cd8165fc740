"""How many stages are built at once, who runs their actions, and what these share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from doit.task import Task
from msgspec import Struct

from datamake.crew import Crew
from datamake.inline import Inline
from datamake.outputs import Outputs
from datamake.policy import Policies
from datamake.resources import Resources

Kind = Literal["process", "thread"]


class Workforce(Struct, frozen=True):
    """`size` stages are built at once, their actions in processes or threads; one, in this thread,
    unless it is to be `apart`. That has files in the place of `outputs`, if there are any.

    `limits` are those of named resources, of which `policies` says what stages need.
    """

    size: int
    kind: Kind
    policies: Policies
    limits: Mapping[str, float]
    apart: bool = False
    outputs: Outputs | None = None

    def needs(self, task: Task) -> Mapping[str, float]:
        """Return what of each resource a task's actions need."""
        return self.policies.of(task).resources

    @contextmanager
    def crew(self, tasks: Mapping[str, Task]) -> Iterator[Crew]:
        """Yield a crew for some tasks; behind the block nobody of it is left."""
        resources = Resources(self.limits)
        if self.size == 1 and not self.apart:
            yield Crew(Inline(self.outputs), 1, resources)
            return
        if self.kind == "thread":
            from datamake.threads import Threads

            with Threads(self.size) as threads:
                yield Crew(threads, self.size, resources)
            return
        from datamake.pool import Pool

        pool = Pool(self.size, tasks)
        try:
            yield Crew(pool, self.size, resources)
            pool.shutdown()
        except BaseException:
            # A signal may come at any instant, also while workers are told that all is done.
            pool.terminate_workers()
            raise
