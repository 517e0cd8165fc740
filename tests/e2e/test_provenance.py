"""`doit history FILE` says what made a file and of what, back to the raw data."""

from __future__ import annotations

import os
from typing import Any

from tests.e2e.conftest import Project
from tests.e2e.three import answer, commit, digest, edit, three


def by_path(project: Project, path: str) -> dict[str, Any]:
    """Return what is told of each file that a file was made of."""
    told = answer(project, "history", path)["origins"]
    return {found["path"]: found for found in told if not found["told_before"]}


def test_over_three_stages_back_to_the_raw_data(project: Project) -> None:
    three(project)
    first = commit(project, "first")
    project.doit("tidy")
    edit(project, "FACTOR = 2", "FACTOR = 5")
    second = commit(project, "second")
    project.doit("by=4")
    said = project.doit("history", "total.txt").out
    lines = [line.strip() for line in said.splitlines()]
    short = {name: digest(project, name)[:12] for name in project.files() if name[0] != "."}
    assert lines[0] == f"total.txt  10 B  {short['total.txt']}  as it was built"
    assert lines[1].startswith("made by total in run 2 by ")
    assert f"commit {second[:12]}: " in lines[1]
    assert [line for line in lines if line.startswith("made by")][2].startswith(
        "made by tidy in run 1 by "
    )
    assert f"commit {first[:12]}: " in said
    assert f"data/scaled.txt  8 B  {short['data/scaled.txt']}  as it was" in lines
    assert f"raw.txt  6 B  {short['raw.txt']}  raw data, as it was" in lines
    assert f"header.txt  6 B  {short['header.txt']}  raw data, as it was" in lines
    assert "arguments  by = 4" in lines
    assert "parameters by=4" in lines
    assert "action     dodo.py: lines, scale, FACTOR, pathlib" in lines
    indents = [len(line) - len(line.lstrip()) for line in said.splitlines() if "raw data" in line]
    assert indents == [12, 4]

    told = by_path(project, "./total.txt")
    assert [(f["path"], f["depth"]) for f in told.values()] == [
        *(("total.txt", 0), ("data/scaled.txt", 1), ("data/tidy.txt", 2), ("raw.txt", 3)),
        ("header.txt", 1),
    ]
    for path, found in told.items():
        assert found["state"] == digest(project, path)
        assert found["standing"] == "as it was"
        assert found["size"] == (project.folder / path).stat().st_size
    made = told["data/scaled.txt"]["made_by"]
    assert (made["stage"], made["arguments"], made["run"]["commit"]) == (
        *("scaled", {"by": "4"}), second
    )  # fmt: skip
    assert made["inputs"] == {"data/tidy.txt": digest(project, "data/tidy.txt")}
    assert told["data/tidy.txt"]["made_by"]["run"]["commit"] == first
    assert told["raw.txt"]["made_by"] is None


def test_what_has_changed_since_is_said_of_each_file(project: Project) -> None:
    three(project)
    project.doit()
    then = {name: digest(project, name) for name in ("raw.txt", "data/tidy.txt", "total.txt")}
    project.write("raw.txt", "7\n")
    project.doit("tidy")
    (project.folder / "header.txt").unlink()
    told = by_path(project, "total.txt")
    assert {path: found["standing"] for path, found in told.items()} == {
        "total.txt": "as it was",
        "data/scaled.txt": "as it was",
        "data/tidy.txt": "built anew since",
        "raw.txt": "changed since",
        "header.txt": "not there any more",
    }
    # It is told of what it was made of, not of what is there now.
    assert {path: told[path]["state"] for path in then} == then
    assert told["data/tidy.txt"]["made_by"]["run"]["run"] == 1
    said = project.doit("history", "total.txt").out
    assert f"raw.txt  {then['raw.txt'][:12]}  raw data, changed since\n" in said
    newer = by_path(project, "data/tidy.txt")
    assert newer["data/tidy.txt"]["made_by"]["run"]["run"] == 2
    assert newer["raw.txt"]["standing"] == "as it was"


def test_a_file_that_was_changed_by_hand_says_so(project: Project) -> None:
    three(project)
    project.doit()
    built = digest(project, "total.txt")
    project.write("total.txt", "mine")
    first = project.doit("history", "total.txt").out.splitlines()[0]
    assert first == f"total.txt  9 B  {built[:12]}  changed by hand since it was built"
    (project.folder / "total.txt").unlink()
    first = project.doit("history", "total.txt").out.splitlines()[0]
    assert first == f"total.txt  9 B  {built[:12]}  not there any more"


def test_an_input_that_was_changed_by_hand_before_it_was_read_says_so(project: Project) -> None:
    three(project)
    project.doit("scaled")
    project.write("data/scaled.txt", "1000\n")
    project.doit("run", "--single", "total")
    told = by_path(project, "total.txt")["data/scaled.txt"]
    assert told["state"] == digest(project, "data/scaled.txt")
    assert told["made_by"]["edited"] is True
    assert told["made_by"]["stage"] == "scaled"
    words = "as it was; it had been changed by hand when it was read"
    assert words in project.doit("history", "total.txt").out


def test_what_was_accepted_says_with_which_reason(project: Project) -> None:
    three(project)
    project.doit()
    project.write("data/tidy.txt", "1\n2\n4")
    project.doit("accept", "-m", "a wrong row", "tidy")
    said = project.doit("history", "data/tidy.txt").out
    assert "as it was built" in said.splitlines()[0]
    assert "taken as built by tidy: a wrong row" in said


def test_what_was_cleaned_is_still_known_to_have_been_made(project: Project) -> None:
    three(project)
    edit(project, '"actions": [tidy]', '"actions": [tidy], "clean": True')
    project.doit()
    project.doit("clean", "tidy")
    told = by_path(project, "total.txt")["data/tidy.txt"]
    assert told["standing"] == "not there any more"
    assert told["made_by"]["stage"] == "tidy"


def test_raw_data_and_what_was_never_built(project: Project) -> None:
    three(project)
    said = project.doit("history", "raw.txt").out
    assert said.endswith("  no task makes it\n")
    said = project.doit("history", "total.txt").out
    assert said == "total.txt  is not there, and was never built: total would make it\n"
    project.write("total.txt", "by hand")
    said = project.doit("history", "total.txt").out
    assert "is there, but was never built: total would make it" in said
    assert not project.exists(".datamake")


def test_a_file_in_a_folder_that_a_stage_makes(project: Project) -> None:
    project.write("raw.txt", "x")
    project.dodo(
        """
        def split(dependencies, targets):
            folder = pathlib.Path(targets[0])
            folder.mkdir(exist_ok=True)
            (folder / "a.txt").write_text("a")

        def task_split():
            return {"file_dep": ["raw.txt"], "targets": ["parts"], "actions": [split]}

        def task_one():
            return {"file_dep": ["parts/a.txt"], "targets": ["one.txt"],
                    "actions": ["cp %(dependencies)s %(targets)s"]}
        """
    )
    project.doit()
    told = by_path(project, "one.txt")
    assert list(told) == ["one.txt", "parts/a.txt", "raw.txt"]
    assert told["parts/a.txt"]["made_by"]["stage"] == "split"
    assert by_path(project, "parts")["parts"]["standing"] == "as it was"
    assert by_path(project, "parts/a.txt")["parts/a.txt"]["made_by"]["stage"] == "split"


def test_what_several_stages_read_is_told_of_once(project: Project) -> None:
    project.write("raw.txt", "x")
    project.dodo(
        """
        def task_rung():
            for n in range(1, 13):
                before = [f"{side}{n - 1}.txt" for side in "ab"] if n > 1 else ["raw.txt"]
                for side in "ab":
                    yield {"name": f"{side}{n}", "file_dep": before,
                           "targets": [f"{side}{n}.txt"],
                           "actions": ["cat %(dependencies)s > %(targets)s; echo %(targets)s"
                                       " | sed 's/.*[/]//' >> %(targets)s"]}
        """
    )
    project.doit()
    told = answer(project, "history", "a12.txt")["origins"]
    assert len([found for found in told if not found["told_before"]]) == 24
    assert len(told) < 60


def test_where_times_count_they_are_told_in_place_of_digests(project: Project) -> None:
    three(project)
    project.doit("run", "--check_file_uptodate=timestamp")
    said = project.doit("history", "--check_file_uptodate=timestamp", "total.txt").out
    assert "raw data, as it was" in said
    time = os.stat(project.folder / "raw.txt").st_mtime_ns
    assert f".{time % 1_000_000_000:09}  raw data" in said
    mixed = project.doit("history", "total.txt").out
    assert "recorded in another way (check_file_uptodate), so not comparable" in mixed
