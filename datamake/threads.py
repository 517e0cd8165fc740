"""Threads that run work side by side in this process, with the interface of `concurrent.futures`.

They don't keep the process from ending, as those of `concurrent.futures` would do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from datamake.acting import act
from datamake.alongside import act_alongside, raised_in
from datamake.exits import exits_caught
from datamake.interruption import Ending
from datamake.routed import Routed

FOLDER = 0x200  # CLONE_FS

Submitted = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Threads(Executor):
    """At most `size` threads. Work is acted on as it has to be beside other work."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._calls: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._around = contextlib.ExitStack()
        self._outputs = _Outputs()
        self._around.callback(self._outputs.close)
        for each in (Routed.installed(), exits_caught()):
            self._around.enter_context(each)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a thread call a function."""
        future: Future[Any] = Future()
        if len(self._threads) < self._size:
            thread = threading.Thread(target=self._run, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._calls.put((future, act_alongside if fn is act else fn, args, kwargs))
        return future

    def _run(self) -> None:
        _have_own_folder()
        with contextlib.suppress(Ending):  # one that came when the work was over
            while (call := self._calls.get()) is not None:
                future, function, args, kwargs = call
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:  # noqa: BLE001 - who waits for it has it raised
                    self._outputs.restore()
                    future.set_exception(error)
                else:
                    self._outputs.restore()
                    future.set_result(result)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads, each when it has done what there is to be done."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads if wait else ():
            thread.join()
        self._around.close()

    def terminate_workers(self) -> None:
        """Have an end raised in each thread, and wait for none of them.

        A thread that waits in C hears it when that is over.
        """
        for thread in self._threads:
            if thread.is_alive():
                raised_in(thread.ident, Ending)
        self._threads.clear()


class _Outputs:
    """The standard outputs of the process, of which an action may close what all others have."""

    def __init__(self) -> None:
        self._kept = {number: os.dup(number) for number in (1, 2) if _is_open(number)}

    def restore(self) -> None:
        """Open again what was closed."""
        for number, kept in self._kept.items():
            if not _is_open(number):
                os.dup2(kept, number)

    def close(self) -> None:
        """Let go of what was kept."""
        for kept in self._kept.values():
            os.close(kept)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _have_own_folder() -> None:
    """Have this thread's working folder and umask be none of the others', where that can be."""
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(FOLDER)
