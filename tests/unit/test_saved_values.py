"""What a task saved, as other tasks and `uptodate` entries get it."""

from __future__ import annotations

from typing import Any

import pytest
from doit.dependency import JSONCodec, get_md5
from doit.task import Task

from datamake.model import Meaning, Record
from datamake.saved_values import SavedValues


class Known(SavedValues):
    """Saved values of builds that a test made up."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    @property
    def _codec(self) -> Any:
        return JSONCodec()

    def _record(self, task_name: str) -> Record | None:
        return self.records.get(task_name)

    def built(self, name: str, values: dict[str, Any], result: Any) -> None:
        """Remember a build of a task that saved these."""
        task = Task(name, [])
        task.values, task.result = values, result
        saved, kept = self.encoded(task)
        self.records[name] = Record(
            stage=name,
            targets=(),
            meaning=Meaning({}, {}, {}),
            checker="content",
            inputs={},
            outputs={},
            values=saved,
            result=kept,
        )


@pytest.fixture
def known() -> Known:
    return Known()


def test_values_come_back_all_and_one_by_one(known: Known) -> None:
    known.built("count", {"rows": 3, "names": ["a", "b"]}, None)
    assert known.get_values("count") == {"rows": 3, "names": ["a", "b"]}
    assert known.get_value("count", "rows") == 3


def test_a_result_is_a_dict_or_the_digest_of_a_text(known: Known) -> None:
    known.built("dict", {}, {"a": 1})
    known.built("text", {}, "it printed this")
    assert known.get_result("dict") == {"a": 1}
    assert known.get_result("text") == get_md5("it printed this")


def test_a_task_that_saves_nothing_has_no_values_and_no_result(known: Known) -> None:
    known.built("quiet", {}, None)
    assert (known.get_values("quiet"), known.get_result("quiet")) == ({}, None)


def test_a_task_that_was_never_built_has_no_values_and_says_so(known: Known) -> None:
    assert (known.get_values("new"), known.get_result("new")) == ({}, None)
    with pytest.raises(LookupError, match="task new has saved no values: it was never built"):
        known.get_value("new", "rows")


def test_a_value_that_was_not_saved_is_named(known: Known) -> None:
    known.built("count", {"rows": 3}, None)
    with pytest.raises(LookupError, match="task count has saved no value 'columns'"):
        known.get_value("count", "columns")


def test_what_the_codec_has_no_text_for_is_refused(known: Known) -> None:
    with pytest.raises(TypeError):
        known.built("odd", {"when": object()}, None)
