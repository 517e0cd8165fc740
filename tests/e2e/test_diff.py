"""`doit diff RUN RUN` says what changed between two runs: code, arguments, inputs and outputs."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project
from tests.e2e.three import answer, commit, digest, edit, three


@pytest.fixture
def built(project: Project) -> Project:
    """raw -> tidy -> scaled -> total, built once."""
    three(project)
    project.doit()
    return project


def blocks(text: str) -> dict[str, str]:
    """Return what is said of each stage."""
    parts = text.rstrip("\n").split("\n\n")[1:]
    return {part.partition(":")[0]: part.partition("\n")[2] for part in parts}


def test_what_an_edit_changed_down_to_the_outputs(built: Project) -> None:
    then = {name: digest(built, name)[:12] for name in ("data/scaled.txt", "total.txt")}
    edit(built, "FACTOR = 2", "FACTOR = 3")
    built.doit()
    now = {name: digest(built, name)[:12] for name in then}
    said = built.doit("diff", "1", "2").out
    assert said.splitlines()[0].startswith("run 1: done in ")
    assert said.splitlines()[1].startswith("run 2: done in ")
    scaled, total = then["data/scaled.txt"], then["total.txt"]
    assert blocks(said) == {
        "scaled": (
            "  action changed: dodo.py:FACTOR\n"
            f"  output changed: data/scaled.txt {scaled} → {now['data/scaled.txt']}\n"
            "--- dodo.py:FACTOR (run 1)\n+++ dodo.py:FACTOR (run 2)\n"
            "@@ -1 +1 @@\n-FACTOR = 2\n+FACTOR = 3"
        ),
        "total": (
            f"  input changed: data/scaled.txt {scaled} → {now['data/scaled.txt']}\n"
            f"  output changed: total.txt {total} → {now['total.txt']}"
        ),
    }
    assert built.doit("diff", "2").out == built.doit("diff").out == said
    back = blocks(built.doit("diff", "2", "1").out)
    assert "-FACTOR = 3\n+FACTOR = 2" in back["scaled"]


def test_arguments_and_inputs_that_were_added_and_removed(built: Project) -> None:
    edit(built, '["data/scaled.txt", "header.txt"]', '["data/scaled.txt", "title.txt"]')
    edit(built, "cat header.txt", "cat title.txt")
    built.write("title.txt", "sum\n")
    built.doit("by=2")
    found = blocks(built.doit("diff").out)
    assert "  parameters: by=1 → by=2\n  argument changed: by 1 → 2\n" in found["scaled"]
    total = found["total"].splitlines()
    assert f"  input added: title.txt {digest(built, 'title.txt')[:12]}" in total
    assert f"  input removed: header.txt {digest(built, 'header.txt')[:12]}" in total
    assert "  action changed: command" in total
    assert any(line.startswith("+cat title.txt") for line in total)


def test_a_thousand_sub_tasks_that_one_edit_changed_are_told_once(project: Project) -> None:
    project.dodo(
        """
        FACTOR = 2

        def write(targets, n):
            pathlib.Path(targets[0]).write_text(str(FACTOR * n))

        def task_part():
            for n in range(1000):
                yield {"name": n, "targets": [f"out/{n}.txt"],
                       "actions": [(write, [], {"n": n})]}
        """
    )
    project.doit("-v0")
    edit(project, "FACTOR = 2", "FACTOR = 3")
    project.doit("-v0")
    said = project.doit("diff").out
    # Twice nothing and thrice nothing are the same.
    assert said.count("\npart:0:\n") == 1
    assert "part:*:  (999 alike: part:1, part:10, part:100 and 996 more)\n" in said
    assert said.count("  action changed: dodo.py:FACTOR\n") == 2
    assert said.count("  output changed: out/*.txt  (999)\n") == 1
    assert said.count("+FACTOR = 3\n") == 2
    assert len(answer(project, "diff")["stages"]) == 1000


def test_runs_that_made_the_same_do_not_differ(built: Project) -> None:
    assert built.doit("diff", "1", "1").out.splitlines()[2:] == ["no difference"]
    built.doit("-a")
    assert built.doit("diff", "1", "2").out.splitlines()[2:] == ["no difference"]


def test_a_stage_that_was_fresh_stands_as_its_last_good_attempt_left_it(built: Project) -> None:
    built.write("raw.txt", "5\n")
    built.doit("tidy")
    edit(built, "FACTOR = 2", "FACTOR = 3")
    built.doit("scaled")
    found = built.doit("diff", "1", "3").out
    assert "tidy:  (run 3 had it as run 2 left it)" in found
    assert set(blocks(found)) == {"tidy", "scaled"}
    # In between nothing but scaled was built.
    assert set(blocks(built.doit("diff", "2", "3").out)) == {"scaled"}
    assert "scaled:  (run 2 had it as run 1 left it)" in built.doit("diff", "2", "3").out


def test_other_values_in_the_names_of_targets_are_told_apart(project: Project) -> None:
    project.dodo(
        """
        BASE = 1

        def write(targets, n):
            pathlib.Path(targets[0]).write_text(str(BASE + n))

        def task_count(n: int = 1):
            return {"targets": [f"{n}.txt"], "actions": [(write, [], {"n": n})]}

        def task_other():
            return {"targets": ["other.txt"], "actions": ["echo 1 > %(targets)s"]}
        """
    )
    project.doit()
    project.doit("count", "n=2")
    edit(project, "echo 1", "echo 2")
    project.doit("other")
    # n=1 stands as it did, whatever was built for n=2 meanwhile.
    assert set(blocks(project.doit("diff", "1", "3").out)) == {"other"}
    found = blocks(project.doit("diff", "1", "2").out)["count"]
    assert "argument changed: n 1 → 2" in found
    assert "output added: 2.txt" in found
    assert "output removed: 1.txt" in found


def test_what_is_only_in_one_of_them(built: Project) -> None:
    text = built.read("dodo.py")
    more = "def task_more():\n    return {'targets': ['m'], 'actions': ['echo > %(targets)s']}\n"
    (built.folder / "dodo.py").write_text(text + more)
    built.doit()
    assert "\nmore: only in run 2\n" in built.doit("diff", "1", "2").out
    assert "\nmore: only in run 2\n" in built.doit("diff", "2", "1").out


def test_a_run_that_failed_says_how_and_compares_no_outputs(built: Project) -> None:
    edit(built, "FACTOR = 2", "FACTOR = None")
    built.doit(code=2)
    found = blocks(built.doit("diff").out)
    assert set(found) == {"scaled"}
    lines = found["scaled"].splitlines()
    assert lines[0] == "  outcome: built → failed"
    assert lines[1].startswith("    TypeError: ")
    assert not any("output" in line for line in lines)
    assert "+FACTOR = None" in lines


def test_two_commits_are_named(project: Project) -> None:
    three(project)
    first = commit(project, "first")
    project.doit()
    edit(project, "FACTOR = 2", "FACTOR = 3")
    second = commit(project, "second")
    project.doit()
    head = project.doit("diff", "1", "2").out.splitlines()[:2]
    assert f", commit {first[:12]}: doit" in head[0]
    assert f", commit {second[:12]}: doit" in head[1]
    runs = answer(project, "diff", "1", "2")["runs"]
    assert [run["commit"] for run in runs] == [first, second]


def test_the_values_of_secrets_stay_hidden_in_code_too(project: Project) -> None:
    code = """
        KEY = "{0}"

        def fetch(targets):
            pathlib.Path(targets[0]).write_text(KEY)

        def task_fetch():
            return {{"targets": ["a.txt"], "actions": [fetch]}}
    """
    project.dodo(code.format("hard-coded"))
    project.doit()
    project.dodo(code.format("even-harder"))
    project.doit()
    assert "+KEY = 'even-harder'" in project.doit("diff").out.replace('"', "'")
    said = project.doit("diff", SERVICE_TOKEN="even-harder").out
    assert "even-harder" not in said
    assert "$SERVICE_TOKEN" in said
