"""Processes that run work, with the interface of `concurrent.futures`: one may die, the rest go on.

They are forked from this process, so that they have its tasks and all of its code as it is, also
what can't be pickled, and start within milliseconds.
"""

from __future__ import annotations

import contextlib
import pickle
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from multiprocessing.util import Finalize
from typing import Any

from doit.task import Task

from datamake.crew import WorkLostError
from datamake.forked import Worker
from datamake.interruption import is_forced, undivided
from datamake.parcel import Memory, packed

# A worker that is told to end has its action put an end to all that it started.
TERMINATE_SECONDS = 10.0
KILL_SECONDS = 5.0
AGAIN_SECONDS = 0.25


class Pool(Executor):
    """At most `size` workers, forked as they are needed. All methods are for one thread, which
    hears what workers answer only in `listen`: a thread that waited for them would take turns
    with this one at every call of the system.

    A worker that dies takes the call with it that it ran, whose future raises WorkLostError; the
    next call has a new one. `tasks` are those that need not be sent.
    """

    def __init__(self, size: int, tasks: Mapping[str, Task]) -> None:
        self._size = size
        self._memory = Memory(tasks)
        self._workers: list[Worker] = []
        self._idle: deque[Worker] = deque()
        self._waiting: deque[tuple[bytes, Future[Any]]] = deque()
        self._ends = selectors.PollSelector()
        # Python waits for forked processes when it ends. Here it ends them, however it came there.
        self._last = Finalize(self, _terminated, (self._workers,), exitpriority=1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call a function.

        What can't be sent, or has no process to run in, makes the future raise WorkLostError.
        """
        future: Future[Any] = Future()
        try:
            parcel = packed((fn, args, kwargs), self._memory)
        except Exception as error:  # noqa: BLE001 - a user's own objects may raise any
            future.set_exception(WorkLostError(_unsendable(error)))
            return future
        try:
            worker = self._free_worker()
        except (OSError, ImportError) as error:  # there may be no room for one more process
            future.set_exception(WorkLostError(f"no process could be started for it: {error}"))
            return future
        if worker is None:
            self._waiting.append((parcel, future))
        else:
            worker.send(parcel, future)
        return future

    def listen(self, seconds: float | None = None) -> None:
        """Wait until a worker answers or ends, for so many seconds at most; settle its future."""
        heard: dict[Worker, list[int]] = {}
        for key, _ in self._ends.select(seconds):
            heard.setdefault(key.data, []).append(key.fd)
        for worker, ends in heard.items():
            answer = worker.answer(ended=worker.pidfd in ends)
            if answer is None:
                self._hear_end(worker)
                continue
            if worker.future is not None:
                _settle(worker.future, answer)
            worker.future = None
            self._go_on(worker)

    def _free_worker(self) -> Worker | None:
        while self._idle:
            # The one that was busy last has most of what it needs in its caches.
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
        living = [worker for worker in self._workers if worker.is_alive]
        return self._fork() if len(living) < self._size else None

    def _fork(self) -> Worker:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        # One that a signal kept from being noted would be waited for in vain.
        with undivided():
            worker = Worker(self._memory, [worker.channel for worker in self._workers])
            self._workers.append(worker)
            for end in worker.ends:
                self._ends.register(end, selectors.EVENT_READ, worker)
        return worker

    def _hear_end(self, worker: Worker) -> None:
        """Let go of a worker when it has ended; one whose pipe is closed may still be at work."""
        if worker.pidfd is None or worker.has_ended(0.0):
            self._drop(worker)
        else:
            self._ends.unregister(worker.channel)

    def _drop(self, worker: Worker) -> None:
        with undivided():
            self._let_go(worker)

    def _let_go(self, worker: Worker) -> None:
        for end in worker.ends:
            if end in self._ends.get_map():
                self._ends.unregister(end)
        how = worker.how_it_ended()
        self._workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        future, worker.future = worker.future, None
        worker.close()
        # A signal may have come between an answer and its being noted.
        if future is not None and not future.done():
            future.set_exception(WorkLostError(how))

    def _go_on(self, worker: Worker) -> None:
        if self._waiting:
            worker.send(*self._waiting.popleft())
        else:
            self._idle.append(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, each when it has done what it does."""
        for _, future in self._waiting if cancel_futures else ():
            future.cancel()
        if cancel_futures:
            self._waiting.clear()
        while wait and any(worker.future for worker in self._workers):
            self.listen()
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.channel.send_bytes(b"")
        while wait and self._workers:
            self.listen()
        if not self._workers:
            self._last.cancel()

    def terminate_workers(self) -> None:
        """End the workers with what they do, first politely; return when they have ended.

        What they answer is not read any more: a signal may have come in the middle of one.
        """
        for worker in _terminated(self._workers):
            self._drop(worker)


def _terminated(workers: Iterable[Worker]) -> list[Worker]:
    """End processes, first politely, and return those that have ended."""
    left, ended = list(workers), []
    for number, patience in ((signal.SIGTERM, TERMINATE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        deadline = time.monotonic() + patience
        for worker in left if number == signal.SIGKILL else ():
            worker.kill_descendants()
        while left and time.monotonic() < deadline:
            if number == signal.SIGTERM and is_forced():
                break
            # Again and again: Python forgets a signal that comes while it has just been forked.
            for worker in left:
                worker.send_signal(number)
                worker.send_signal(signal.SIGCONT)
            until = min(deadline, time.monotonic() + AGAIN_SECONDS)
            ended += [w for w in left if w.has_ended(max(0.0, until - time.monotonic()))]
            left = [worker for worker in left if worker not in ended]
    return ended


def _settle(future: Future[Any], answer: bytes) -> None:
    try:
        result, error = pickle.loads(answer)
    except Exception as unreadable:  # noqa: BLE001 - a user's own classes may raise any
        result, error = None, WorkLostError(f"what it returned can't be read: {unreadable}")
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _unsendable(error: Exception) -> str:
    return (
        f"it can't be sent to another process ({type(error).__name__}: {error}): build it with"
        " `-P thread`, or without -n"
    )
