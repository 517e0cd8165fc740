"""Named resources: how limits are read, and that they are never exceeded."""

from __future__ import annotations

from typing import Any

import pytest
from doit.exceptions import InvalidCommand, InvalidTask

from datamake.resources import Resources, checked_limits, read_limits, refuse_more_than_there_is


def test_limits_are_typed_as_names_and_amounts() -> None:
    assert read_limits("memory_gb=1.5, database=1") == {"memory_gb": 1.5, "database": 1.0}


@pytest.mark.parametrize("text", ["memory", "=1", "a=b", "a=-1", "a=nan", "a=inf"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_limits(text)


@pytest.mark.parametrize("given", [3, {"a": "b"}, {"a": True}, {"a": -1}])
def test_a_limit_in_a_file_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(InvalidTask, match="resources of "):
        checked_limits(given)


def test_more_than_there_is_is_refused_and_so_is_a_misspelled_name() -> None:
    refuse_more_than_there_is([("a", {"memory_gb": 4, "other": 9})], {"memory_gb": 4})
    with pytest.raises(InvalidCommand, match="a needs 5 of memory_gb, and there is 4"):
        refuse_more_than_there_is([("a", {"memory_gb": 5})], {"memory_gb": 4})
    with pytest.raises(InvalidCommand, match=r"needs 3 of memory_gb, and there is 2\.9999999:"):
        refuse_more_than_there_is([("a", {"memory_gb": 3})], {"memory_gb": 2.9999999})
    with pytest.raises(InvalidCommand, match="did you mean 'memory_gb'"):
        refuse_more_than_there_is([("a", {"memroy_gb": 1})], {"memory_gb": 4})


def test_what_is_in_use_is_not_given_twice() -> None:
    resources = Resources({"tenth": 0.3})
    for _ in range(3):
        resources.take({"tenth": 0.1, "other": 5})
    assert not resources.fits({"tenth": 0.1})
    with pytest.raises(ValueError, match="not so much left"):
        resources.take({"tenth": 0.1})
    resources.give_back({"tenth": 0.1, "other": 5})
    assert resources.fits({"tenth": 0.1})
