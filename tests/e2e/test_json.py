"""`--json` answers with one document, whatever names are in it."""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.conftest import Project
from tests.e2e.three import answer, digest, edit, three
from tests.e2e.waiting import dodo

NO_UTF8 = os.fsdecode(b"caf\xe9.txt")


@pytest.fixture
def stale(project: Project) -> Project:
    """raw -> tidy -> scaled -> total, of which scaled was edited since it was built."""
    three(project)
    project.doit()
    edit(project, "FACTOR = 2", "FACTOR = 3")
    return project


def test_list_has_what_is_declared_and_on_request_how_it_stands(stale: Project) -> None:
    tasks = answer(stale, "list")["tasks"]
    assert [task["name"] for task in tasks] == ["scaled", "tidy", "total"]
    assert tasks[0] == {
        "name": "scaled",
        "doc": "",
        "parameters": "by=1",
        "file_dep": ["data/tidy.txt"],
        "targets": ["data/scaled.txt"],
        "task_dep": ["tidy"],
        "subtask_of": None,
    }
    states = {task["name"]: task["state"] for task in answer(stale, "list", "-s")["tasks"]}
    assert states == {"tidy": "up to date", "scaled": "stale", "total": "waits"}
    (one,) = answer(stale, "list", "scaled", "by=2")["tasks"]
    assert one["parameters"] == "by=2"


def test_why_has_reasons_in_parts_and_the_code_that_changed(stale: Project) -> None:
    scaled, total = answer(stale, "why", "by=2")["stages"]
    assert (scaled["stage"], scaled["state"]) == ("scaled", "stale")
    assert scaled["reasons"] == [
        {"why": "action changed", "subject": "dodo.py:FACTOR"},
        {"why": "argument changed", "subject": "by", "before": "1", "after": "2"},
    ]
    assert scaled["code_diff"].splitlines()[-2:] == ["-FACTOR = 2", "+FACTOR = 3"]
    assert (total["state"], total["waits_for"], total["reasons"]) == ("waits", ["scaled"], [])
    (tidy,) = answer(stale, "why", "tidy")["stages"]
    assert (tidy["state"], tidy["file_dep"]) == ("up to date", ["raw.txt"])
    assert tidy["built"]["seconds"] >= 0
    assert answer(stale, "why", "--json", "tidy")["stages"] == [tidy]


def test_a_dry_run_has_every_stage_in_order_and_runs_nothing(stale: Project) -> None:
    plan = answer(stale, "run", "--dry-run")
    states = [(found["stage"], found["state"]) for found in plan["stages"]]
    assert states == [("tidy", "up to date"), ("scaled", "stale"), ("total", "waits")]
    assert plan["held"] == []
    fresh, scaled, total = (found["usual"] for found in plan["stages"])
    assert min(fresh, scaled, total) > 0
    expected = plan["expected"]
    assert (expected["at_once"], expected["never_built"]) == (1, 0)
    assert (expected["least"], expected["most"]) == pytest.approx((scaled, scaled + total))
    assert answer(stale, "list", "-s")["tasks"][0]["state"] == "stale"
    refused = stale.doit("run", "--json", code=3)
    assert "--json goes with --dry-run" in refused.err


def test_history_has_runs_attempts_and_their_parts(stale: Project) -> None:
    stale.doit("-n", "2", code=0)
    second, first = answer(stale, "history")["runs"]
    assert (first["run"], first["state"], first["counts"]) == (1, "done", {"built": 3})
    assert (second["command"], second["workers"]) == ("doit -n 2", 2)
    assert first["started"] <= first["ended"] <= second["started"]
    run = answer(stale, "history", "2")
    assert {key: run[key] for key in second} == second
    assert [found["stage"] for found in run["attempts"]] == ["scaled", "total"]
    scaled = run["attempts"][0]
    assert scaled == answer(stale, "history", "scaled", "-n", "1")["attempts"][0]
    assert scaled["reasons"] == ["action changed: dodo.py:FACTOR"]
    assert scaled["inputs"] == {"data/tidy.txt": digest(stale, "data/tidy.txt")}
    assert scaled["outputs"] == {"data/scaled.txt": digest(stale, "data/scaled.txt")}
    assert scaled["targets"] == ["data/scaled.txt"]
    assert set(scaled["code"]) == {
        *("dodo.py:scale", "dodo.py:FACTOR", "dodo.py:lines", "dodo.py:pathlib")
    }
    assert len(answer(stale, "history", "scaled")["attempts"]) == 2


def test_diff_has_each_change_with_both_sides(stale: Project) -> None:
    before = digest(stale, "data/scaled.txt")
    stale.doit("by=2")
    told = answer(stale, "diff", "1", "2")
    assert [run["run"] for run in told["runs"]] == [1, 2]
    scaled = next(found for found in told["stages"] if found["stage"] == "scaled")
    assert scaled["arguments"] == [{"name": "by", "before": "1", "after": "2"}]
    assert scaled["parameters"] == {"before": "by=1", "after": "by=2"}
    assert scaled["outputs"] == [
        {"name": "data/scaled.txt", "before": before, "after": digest(stale, "data/scaled.txt")}
    ]
    (code,) = scaled["code"]
    assert code["name"] == "dodo.py:FACTOR"
    assert code["diff"].endswith("-FACTOR = 2\n+FACTOR = 3")
    assert (scaled["before"]["run"], scaled["after"]["run"]) == (1, 2)
    assert answer(stale, "diff", "2", "2")["stages"] == []


def test_names_that_are_no_utf_8_come_back_as_they_were(project: Project) -> None:
    (project.folder / NO_UTF8).write_text("x")
    dodo(
        project,
        """
        NAME = os.fsdecode(b"caf\\xe9")

        def copy(dependencies, targets):
            pathlib.Path(targets[0]).write_text("y")

        def task_make():
            yield {"name": NAME, "file_dep": [NAME + ".txt"], "targets": ["out-" + NAME],
                   "actions": [copy]}
        """,
    )
    plan = answer(project, "run", "--dry-run")
    name, target = f"make:{NO_UTF8[:-4]}", f"out-{NO_UTF8[:-4]}"
    assert plan["stages"][0]["file_dep"] == [NO_UTF8]
    assert plan["stages"][0]["stage"] == name
    project.doit()
    assert answer(project, "list", "--all")["tasks"][1]["name"] == name
    assert answer(project, "why", name)["stages"][0]["targets"] == [target]
    assert list(answer(project, "history", name)["attempts"][0]["inputs"]) == [NO_UTF8]
    origins = answer(project, "history", target)["origins"]
    assert [found["path"] for found in origins] == [target, NO_UTF8]
    (project.folder / NO_UTF8).write_text("z")
    project.doit()
    (changed,) = answer(project, "diff")["stages"]
    assert (changed["stage"], changed["inputs"][0]["name"]) == (name, NO_UTF8)
    for words in (["history", target], ["history", "2"], ["history", name], ["diff"]):
        assert "caf\\udce9" in project.doit(*words).out


def test_the_document_is_ascii_alone(stale: Project) -> None:
    stale.doit("by=2")
    said = stale.doit("history", "scaled", "--json").out
    assert said.isascii()
    assert "argument changed: by 1 → 2" in json.loads(said)["attempts"][0]["reasons"]
