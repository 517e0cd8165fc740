"""Every test that docs/guarantees.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_each_promise_names_a_test_that_exists() -> None:
    named = re.findall(r"`((?:unit|e2e|property)/\w+\.py)::(\w+)`", PAGE)
    assert len(named) > 20
    for file, name in named:
        text = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^(def {name}\(|{name} = )", text, re.MULTILINE), f"{file}::{name}"
