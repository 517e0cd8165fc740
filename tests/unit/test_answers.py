"""Answers for programs: what is in a document, and how it is written."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

from datamake.model import Meaning, Reason, Record, Seen, Stage, State, Verdict, Why
from datamake.past import PastRun
from datamake.process import Process
from datamake.show import answers

NO_UTF8 = os.fsdecode(b"caf\xe9.txt")


def test_a_document_has_a_version_and_is_ascii_whatever_is_in_it() -> None:
    text = answers.encoded({"name": NO_UTF8, "arrow": "→"})
    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text) == {"version": 1, "name": NO_UTF8, "arrow": "→"}
    assert os.fsencode(json.loads(text)["name"]) == b"caf\xe9.txt"


def test_a_reason_has_the_parts_that_there_are() -> None:
    assert answers.reason(Reason(Why.FORCED)) == {"why": "forced"}
    assert answers.reason(Reason(Why.INPUT_ADDED, "a")) == {"why": "input added", "subject": "a"}
    assert answers.reason(Reason(Why.ARGUMENT_CHANGED, "n", None, "2")) == {
        "why": "argument changed",
        "subject": "n",
        "before": None,
        "after": "2",
    }


def test_a_verdict_with_the_code_that_changed() -> None:
    stage = Stage("a", ("in",), ("out",))
    reasons = (Reason(Why.ACTION_CHANGED, "f"),)
    verdict = Verdict(stage, State.STALE, reasons, ("up",))
    plain = answers.verdict(verdict)
    assert plain == {
        "stage": "a",
        "state": "stale",
        "reasons": [{"why": "action changed", "subject": "f"}],
        "waits_for": ["up"],
        "file_dep": ["in"],
        "targets": ["out"],
    }
    record = Record(
        *("a", ("out",), Meaning(source={"f": "old"}), "content", {}, {}), started=1.0, seconds=2.0
    )
    seen = Seen(Meaning(source={"f": "new"}), "content", {}, {})
    told = answers.verdict(verdict, seen, record)
    assert told["built"] == {"started": 1.0, "seconds": 2.0, "accepted": None}
    assert told["code_diff"].splitlines()[-2:] == ["-old", "+new"]
    assert {key: told[key] for key in plain} == plain
    assert "code_diff" not in answers.verdict(verdict, None, record)


def test_a_listed_task_has_no_secret_and_its_state_where_it_was_asked_for() -> None:
    task: Any = SimpleNamespace(
        name="a", doc=None, file_dep=["in"], targets=["out"], task_dep=["up"], subtask_of=None
    )
    told = answers.listed(task, "n=1 token=abc", None)
    assert (told["doc"], told["parameters"]) == ("", "n=1 token=(hidden)")
    assert "state" not in told
    assert answers.listed(task, "", State.WAITS)["state"] == "waits"


def test_a_run_without_git_or_end_says_null() -> None:
    told = answers.run(PastRun(1, Process(2, "tower", "1"), "ada", "doit", "", 0, 1.0))
    assert (told["commit"], told["ended"], told["state"]) == (None, None, "running")
    assert (told["host"], told["pid"]) == ("tower", 2)
