"""Takes several builds forward at once, and has an executor run their actions."""

from __future__ import annotations

import heapq
import queue
import time
from collections import deque
from collections.abc import Mapping
from concurrent import futures
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

from doit.exceptions import BaseFail, TaskFailed
from msgspec import Struct

from datamake.acting import Acted, Work, act
from datamake.building import Steps
from datamake.children import ForeignProcessError, end_children
from datamake.failure import describe_failure
from datamake.inline import Inline
from datamake.interruption import announced
from datamake.lease import Pause
from datamake.resources import Resources
from datamake.show.words import duration

# What is still acting so long after it was told to stop is left to the end of the process.
STOP_SECONDS = 5.0

# A signal that comes between Python's last look for one and the wait is heard when that is over.
LONGEST_WAIT = 0.5


class WorkLostError(Exception):
    """An executor could not have work done, or lost who did it; the message says what happened.

    Of what did it nothing runs any more, but what it had started may.
    """


class Build(Struct, eq=False):
    """One stage on its way: `steps` build it, `needs` are the resources that its actions need.

    `node` is doit's. Once it is done, `failure` says how; while its actions run, `work` is theirs,
    and `future` what will become of it, which was handed out at `begun` of the monotonic clock.
    """

    node: Any
    steps: Steps
    needs: Mapping[str, float] = {}
    work: Work | None = None
    future: Future[Acted] | None = None
    begun: float = 0.0
    failure: BaseFail | None = None


class Crew:
    """Builds on their way. At most `size` have their actions run at once, within the resources.

    The executor has the interface of `concurrent.futures`, or acts at once, in this thread. All
    methods are for one thread.
    """

    def __init__(self, executor: Executor | Inline, size: int, resources: Resources) -> None:
        self._executor = executor
        self._size = size
        self._resources = resources
        self._all: dict[int, Build] = {}
        self._acting = 0
        self._queued: deque[tuple[Build, Work]] = deque()
        self._paused: list[tuple[float, int, Build]] = []
        self._ended: queue.SimpleQueue[tuple[Build, Future[Acted]]] = queue.SimpleQueue()
        self._done: deque[Build] = deque()

    def __len__(self) -> int:
        """Return how many builds are on their way, or done and not handed out."""
        return len(self._all)

    @property
    def has_room(self) -> bool:
        """Whether actions of one more build could run."""
        return self._acting + len(self._queued) < self._size

    def fits(self, needs: Mapping[str, float]) -> bool:
        """Whether there is so much left of the resources."""
        return self._resources.fits(needs)

    def begin(self, build: Build) -> None:
        """Take a build on."""
        self._all[id(build)] = build
        self._go_on(build, None)

    def next_done(self, seconds: float | None = None) -> Build | None:
        """Return a build that is done, as soon as there is one; None after so many seconds.

        Raises what ends the whole run: a signal, or an action that raised KeyboardInterrupt.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self._wake()
            if self._done:
                break
            with suppress(queue.Empty):
                self._collect(*self._next_ended(self._patience(deadline)))
            if not self._done and deadline is not None and time.monotonic() >= deadline:
                return None
        build = self._done.popleft()
        del self._all[id(build)]
        return build

    def abandon(self, error: BaseException) -> None:
        """Have every build put back what it did, when something ends the run."""
        acting = [build for build in self._all.values() if build.work is not None]
        terminate = getattr(self._executor, "terminate_workers", None)
        with announced([build.node.task.name for build in acting]):
            if terminate is not None:
                terminate()
            for build in acting:
                _end_started(build)
            futures.wait([build.future for build in acting if build.future], STOP_SECONDS)
        others: list[Exception] = []
        for build in self._all.values():
            try:
                build.steps.throw(error)
            except (type(error), StopIteration):
                continue
            except Exception as other:  # noqa: BLE001 - the others are to be undone all the same
                others.append(other)
        self._all.clear()
        if others:
            raise others[0]

    def _next_ended(self, seconds: float) -> tuple[Build, Future[Acted]]:
        """Return a build whose actions have ended. Raises queue.Empty where none did in time."""
        # Workers are heard in this thread, threads and what is acted on at once by themselves.
        listen = getattr(self._executor, "listen", None)
        if listen is None:
            return self._ended.get(timeout=seconds)
        if self._ended.empty():
            listen(seconds)
        return self._ended.get_nowait()

    def _patience(self, deadline: float | None) -> float:
        now = time.monotonic()
        ends = [now + LONGEST_WAIT] if deadline is None else [deadline, now + LONGEST_WAIT]
        ends += [due for due, *_ in self._paused[:1]]
        return max(0.0, min(ends) - now)

    def _wake(self) -> None:
        """Take those forward whose pause is over."""
        while self._paused and self._paused[0][0] <= time.monotonic():
            self._go_on(heapq.heappop(self._paused)[2], None)

    def _go_on(self, build: Build, acted: Acted | None) -> None:
        """Take a build forward as far as it goes by itself."""
        try:
            self._advance(build, acted)
        except Exception as error:
            # Nobody would hear of it again, and who waits for it would wait for ever.
            if self._all.pop(id(build), None) is not None:
                with suppress(type(error), StopIteration):
                    build.steps.throw(error)
            raise

    def _advance(self, build: Build, acted: Acted | None) -> None:
        asked = self._step(build, acted)
        while isinstance(asked, Work) and isinstance(self._executor, Inline):
            asked = self._step(build, self._act(self._executor, build, asked))
        if asked is None:
            self._done.append(build)
        elif isinstance(asked, Pause):
            due = time.monotonic() + asked.seconds
            heapq.heappush(self._paused, (due, id(build), build))
        elif self._acting < self._size and self._resources.fits(build.needs):
            self._hand_out(build, asked)
        else:
            self._queued.append((build, asked))

    def _step(self, build: Build, acted: Acted | None) -> Work | Pause | None:
        """Take a build one step forward; return what it asks for then, None if it is done."""
        try:
            # A generator that has not begun takes nothing but None.
            return build.steps.send(acted)  # type: ignore[arg-type]
        except StopIteration as end:
            build.failure = end.value
            return None
        except BaseException:
            del self._all[id(build)]
            raise

    def _act(self, inline: Inline, build: Build, work: Work) -> Acted:
        """Have work done at once. What ends the run finds the build at its work."""
        build.work = work
        try:
            acted = inline.act(work)
        except Exception as error:  # noqa: BLE001 - of an executor it would be in the future
            acted = _lost(error, build)
        build.work = None
        return acted

    def _hand_out(self, build: Build, work: Work) -> None:
        build.work, build.begun = work, time.monotonic()
        build.future = future = self._executor.submit(act, work)  # type: ignore[union-attr]
        self._resources.take(build.needs)
        self._acting += 1
        future.add_done_callback(lambda done: self._ended.put((build, done)))

    def _collect(self, build: Build, future: Future[Acted]) -> None:
        error = future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        self._acting -= 1
        self._resources.give_back(build.needs)
        acted = future.result() if error is None else _lost(error, build)
        build.work = build.future = None
        self._hand_out_queued()
        self._go_on(build, acted)

    def _hand_out_queued(self) -> None:
        for _ in range(len(self._queued)):
            build, work = self._queued.popleft()
            if self._acting < self._size and self._resources.fits(build.needs):
                self._hand_out(build, work)
            else:
                self._queued.append((build, work))


def _lost(error: Exception, build: Build) -> Acted:
    """Return what became of work that an executor lost; what it had started is ended."""
    what = str(error) if isinstance(error, WorkLostError) else describe_failure(error)
    limit = None if build.work is None else build.work.policy.timeout
    if limit is not None and build.begun and time.monotonic() >= build.begun + limit:
        late = f"it took longer than its time limit of {duration(limit)}"
        what = f"{late} and could not be stopped: {what}"
    return Acted(failure=TaskFailed(what), notes=_end_started(build))


def _end_started(build: Build) -> list[str]:
    """End what a build's actions started; return what there is to say about it."""
    try:
        if build.work is not None:
            end_children(build.work.token)
    except (ForeignProcessError, OSError) as error:
        return [str(error)]
    return []
