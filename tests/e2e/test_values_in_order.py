"""Who takes values with getargs comes behind their source, where a run looks at that anyway."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project

# `count` stands before its source, reads no file of it, and asks for nothing but the values.
DODO = """
    def measure(dependencies):
        note("size")
        time.sleep(0.05)
        return {"rows": len(pathlib.Path(list(dependencies)[0]).read_text())}

    def count(rows, targets):
        note("count")
        pathlib.Path(targets[0]).write_text(str(rows))

    def task_count():
        return {"getargs": {"rows": ("SOURCE", "rows")}, "targets": ["count.txt"],
                "actions": [count]}

    def task_size():
        for name in "ab":
            yield {"name": name, "file_dep": [f"{name}.txt"], "actions": [measure]}

    def task_all():
        return {"actions": None, "task_dep": ["size"]}
"""


@pytest.fixture
def built(project: Project, source: str) -> Project:
    project.dodo(DODO.replace("SOURCE", source))
    project.write("a.txt", "1")
    project.write("b.txt", "22")
    project.doit()
    assert sorted(project.ran()) == ["count", "size", "size"]
    project.write("a.txt", "4444")
    return project


@pytest.mark.parametrize("source", ["size", "size:a"])
@pytest.mark.parametrize("words", ["", "count size", "count size:a", "count all", "all count"])
@pytest.mark.parametrize("at_once", ["1", "2"])
def test_values_of_this_run_are_what_a_task_is_judged_by(
    built: Project, source: str, words: str, at_once: str
) -> None:
    planned = built.doit("run", "--dry-run", *words.split()).out.splitlines()
    assert [line.split()[:2] for line in planned[:-1]] == [["run", "size:a"], ["maybe", "count"]]
    built.doit("run", "-n", at_once, *words.split())
    assert built.ran() == ["size", "count"]
    assert "4" in built.read("count.txt")
    built.doit("run", "-n", at_once, *words.split())
    assert built.ran() == []


@pytest.mark.parametrize("source", ["size", "size:a"])
def test_plan_of_all_says_that_it_may_follow(built: Project, source: str) -> None:
    listed = dict(line.split()[::-1] for line in built.doit("list", "-s", "--all").out.splitlines())
    assert listed["count"] == "W"
    assert listed["size:a"] == "R"
    assert "count is up to date so far, and waits for size:a" in built.doit("why")


@pytest.mark.parametrize("source", ["size", "size:a"])
def test_alone_it_does_not_ask_its_source_in_plan_and_run(built: Project, source: str) -> None:
    assert built.doit("run", "--dry-run", "count").out.startswith("1 up to date")
    built.doit("count")
    assert built.ran() == []


@pytest.mark.parametrize("source", ["size:a"])
@pytest.mark.parametrize("at_once", ["1", "2"])
def test_a_source_that_fails_or_is_ignored_is_an_order_and_no_need(
    built: Project, source: str, at_once: str
) -> None:
    (built.folder / "a.txt").unlink()
    (built.folder / "a.txt").mkdir()
    failed = built.doit("run", "-c", "-n", at_once, "count", "size:a", code=2)
    assert "1 up to date, 1 failed" in failed
    built.doit("ignore", "size:a")
    assert "1 up to date, 1 ignored" in built.doit("run", "-n", at_once, "count", "size:a")
