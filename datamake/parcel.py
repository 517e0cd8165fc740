"""How work is sent to another process: what that has in memory is named, the rest pickled."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from doit.task import Task

# What of a task changes in a run, and what its actions are told by it.
CHANGING = ("options", "targets", "dep_changed", "values", "result", "verbosity", "pos_arg_val")
DEPENDENCIES = ("file_dep", "task_dep", "calc_dep")


class Memory:
    """The tasks that there were when a worker was forked, which it has as well."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = dict(tasks)
        self._actions: dict[str, list[Any]] = {
            name: list(task._actions) for name, task in tasks.items()
        }

    def holds(self, task: Task) -> bool:
        """Whether the other process has this task, with the same actions."""
        mine: Any = self._tasks.get(task.name)
        return mine is task and self._actions[task.name] == task._actions

    def task(self, name: str, changed: dict[str, Any]) -> Task:
        """Return a task with what has changed of it since."""
        task = self._tasks[name]
        task.__dict__.update(changed)
        return task


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, memory: Memory) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._memory = memory

    # Unlike `persistent_id` it is not asked about every text and number.
    def reducer_override(self, obj: Any) -> Any:
        return _named(obj, self._memory) or NotImplemented


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, memory: Memory) -> None:
        super().__init__(file)
        self._memory = memory

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) == (remembered.__module__, remembered.__name__):
            return self._memory.task
        return super().find_class(module, name)


def remembered(name: str, changed: dict[str, Any]) -> Task:
    """Stand for `Memory.task` of whoever unpacks a parcel."""
    raise LookupError(f"{name} can only be unpacked with a memory")


def _named(obj: Any, memory: Memory) -> Any:
    if not isinstance(obj, Task) or not memory.holds(obj):
        return None
    state = {name: obj.__dict__[name] for name in CHANGING}
    for name in DEPENDENCIES if obj.calc_dep else ():
        state[name] = obj.__dict__[name]
    return remembered, (obj.name, state)


def packed(value: Any, memory: Memory) -> bytes:
    """Return a value as bytes. Raises what the value's parts raise where they can't be pickled."""
    file = io.BytesIO()
    try:
        _Packer(file, memory).dump(value)
        return file.getvalue()
    except Exception:  # noqa: BLE001 - pickle has no one exception for what it can't do
        return _packed_by_value(value, memory)


def _packed_by_value(value: Any, memory: Memory) -> bytes:
    """Pickle functions that have no name to be found by, as lambdas, with their code."""
    import cloudpickle

    class ByValue(cloudpickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            return _named(obj, memory) or super().reducer_override(obj)

    file = io.BytesIO()
    ByValue(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def unpacked(parcel: bytes, memory: Memory) -> Any:
    """Return the value that was packed."""
    return _Unpacker(io.BytesIO(parcel), memory).load()
