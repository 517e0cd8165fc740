"""Values and results that tasks saved when they were last built, as doit asks for them."""

from __future__ import annotations

import functools
from typing import Any

from doit.dependency import get_md5
from doit.task import Task

from datamake.model import Record


class SavedValues:
    """What `getargs`, `result_dep` and `uptodate` entries are given of other tasks.

    Who inherits it knows the records, and the codec that makes text of values.
    """

    @property
    def _codec(self) -> Any:
        raise NotImplementedError

    def _record(self, task_name: str) -> Record | None:
        raise NotImplementedError

    def get_values(self, task_name: str) -> dict[str, Any]:
        """Return the values that a task's last good build saved."""
        record = self._record(task_name)
        values = {} if record is None else self._codec.decode(record.values)
        return values or {}

    def get_value(self, task_id: str, key_name: str) -> Any:
        """Return one saved value. Raises LookupError with the words for the person."""
        if self._record(task_id) is None:
            raise LookupError(f"task {task_id} has saved no values: it was never built")
        values = self.get_values(task_id)
        if key_name not in values:
            raise LookupError(f"task {task_id} has saved no value {key_name!r}")
        return values[key_name]

    def get_result(self, task_name: str) -> Any:
        """Return the result of a task's last good build: a dict, or the MD5 of a text."""
        record = self._record(task_name)
        return None if record is None else self._codec.decode(record.result)

    def _get(self, task_name: str, key: str) -> Any:
        if key == "result:":
            return self.get_result(task_name)
        if key == "_values_:":
            return self.get_values(task_name)
        return None

    def encoded(self, task: Task) -> tuple[str, str]:
        """Return a task's values and result as a record keeps them.

        Raises TypeError where the codec has no text for a value.
        """
        result = task.result
        if not (result or task.values):
            return self._nothing
        if result and not isinstance(result, dict):
            result = get_md5(result)
        return self._codec.encode(task.values), self._codec.encode(result or None)

    @functools.cached_property
    def _nothing(self) -> tuple[str, str]:
        """What a record keeps of a task that has neither values nor a result."""
        return self._codec.encode({}), self._codec.encode(None)
