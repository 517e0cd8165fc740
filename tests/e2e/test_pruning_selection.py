"""What is left out when some tasks are asked for, or with options, and what is refused."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Project
from tests.e2e.looking import ALL, as_planned, build_pages, look, settle


@pytest.fixture
def pages(project: Project) -> Project:
    return build_pages(project)


# What is asked for


@pytest.mark.parametrize(
    ("words", "runs", "up_to_date"),
    [
        ("page3", ["part:3", "page3"], 0),
        ("part", ["part:3"], 3),
        ("part:3", ["part:3"], 0),
        ("part:0", [], 1),
        ("page3.txt", ["part:3", "page3"], 0),
        ("page0.txt", [], 2),
        ("book", [], 5),
        ("page*", ["part:3", "page3"], 6),
        ("part:* book", ["part:3"], 6),
        ("book page3", ["part:3", "page3"], 5),
        ("page3 page3", ["part:3", "page3"], 0),
        ("nothing*", [], 0),
    ],
)
def test_some_are_asked_for(pages: Project, words: str, runs: list[str], up_to_date: int) -> None:
    pages.write("raw3.txt", "new")
    looked = look(pages, *words.split())
    assert looked.at is not None
    assert [name for name in looked.at if name != "part"] == runs
    assert looked.ran == runs
    counts = [f"{len(runs)} built"] * bool(runs) + [f"{up_to_date} up to date"] * bool(up_to_date)
    assert f"{', '.join(counts) or 'nothing to do'} in" in looked.said.splitlines()[-1]
    assert look(pages, *words.split()).at == []


@pytest.mark.parametrize("word", ["paeg3", "part:9", "./nothing.txt"])
def test_what_is_not_there_is_refused_with_nothing_to_do_and_before(
    pages: Project, word: str
) -> None:
    said = look(pages, "page3", word, code=3).said
    assert f"'{word}' is neither a task nor a target" in said
    pages.doit("forget")
    assert look(pages, "page3", word, code=3).ran == []


def test_a_target_may_be_spelled_in_another_way_where_doit_knows_it(pages: Project) -> None:
    pages.write("dodo.py", pages.read("dodo.py").replace('["book.txt"]', '["./book.txt"]'))
    settle(pages)
    assert look(pages).at == []
    pages.write("raw1.txt", "new")
    assert as_planned(pages, "./book.txt") == ["part:1", "page1", "book"]


def test_default_tasks_are_what_is_asked_for(pages: Project) -> None:
    pages.write("dodo.py", pages.read("dodo.py") + '\nDOIT_CONFIG = {"default_tasks": ["book"]}\n')
    settle(pages)
    pages.write("raw3.txt", "new")
    looked = look(pages)
    assert (looked.at, looked.ran) == ([], [])
    assert "5 up to date" in looked.said


# Options


def test_always_looks_at_all_and_runs_it(pages: Project) -> None:
    assert sorted(look(pages, "run", "-a").ran, key=ALL.index) == ALL
    assert look(pages, "run", "-a", "page3").ran == ["part:3", "page3"]


def test_single_runs_the_one_and_leaves_out_nothing(pages: Project) -> None:
    pages.write("raw3.txt", "new")
    looked = look(pages, "run", "-s", "page3")
    assert (looked.at, looked.ran) == (None, [])
    (pages.folder / "page3.txt").unlink()
    assert look(pages, "run", "-s", "page3").ran == ["page3"]
    assert as_planned(pages) == ["part:3", "page3"]


def test_a_dry_run_looks_at_all_and_changes_nothing(pages: Project) -> None:
    pages.write("raw3.txt", "new")
    for _ in range(2):
        looked = look(pages, "run", "--dry-run")
        assert looked.at is None
        assert re.search(r"run +part:3  input changed: raw3.txt .*\nmaybe +page3", looked.said)
    assert look(pages).ran == ["part:3", "page3"]


def test_a_reporter_of_doit_hears_of_every_task(pages: Project) -> None:
    looked = look(pages, "-r", "console")
    assert looked.at is None
    assert re.findall(r"^-- (\S+)$", looked.said, re.MULTILINE) == ALL


def test_who_continues_behind_a_failure_builds_the_rest(pages: Project) -> None:
    pages.write("helping.py", "def marked(text):\n    return f'[{text[:2 // len(text)]}]'\n")
    pages.write("raw0.txt", "")
    looked = look(pages, "run", "-c", code=2)
    assert {"part:1", "part:2", "part:3", "page3"} <= set(looked.ran)
    assert not {"page0", "book"} & set(looked.ran)
    pages.write("raw0.txt", "raw")
    assert {"part:0", "page0", "book"} <= set(look(pages).ran)
    assert look(pages).at == []


# Tasks that wait for others


def test_who_waits_for_fresh_tasks_waits_for_nothing(pages: Project) -> None:
    pages.write(
        "dodo.py",
        pages.read("dodo.py")
        + """
def task_said():
    return {"actions": [(note, ["said"])], "task_dep": ["part", "book", "page*"]}

def task_all():
    return {"actions": None, "task_dep": ["part", "page0", "book"]}
""",
    )
    assert look(pages).ran == ["said"]
    pages.write("raw3.txt", "new")
    assert sorted(look(pages).ran) == ["page3", "part:3", "said"]
    looked = look(pages, "all")
    assert looked.ran == []


def test_a_setup_task_runs_before_what_is_stale_and_not_for_what_is_fresh(pages: Project) -> None:
    dodo = pages.read("dodo.py").replace(
        '"targets": ["book.txt"],', '"targets": ["book.txt"], "setup": ["page3", "begin"],'
    )
    begin = '\ndef task_begin():\n    return {"actions": [(note, ["begin"])]}\n'
    pages.write("dodo.py", dodo + begin)
    settle(pages)
    assert look(pages, "book").ran == []
    pages.write("raw3.txt", "new")
    assert look(pages, "book").ran == []
    (pages.folder / "book.txt").unlink()
    assert sorted(look(pages, "book").ran) == ["begin", "book", "page3", "part:3"]


# What is refused


@pytest.mark.parametrize("spelling", ["page3.txt", "./page3.txt", "{os.getcwd()}/page3.txt"])
def test_a_target_of_two_fresh_tasks_is_refused(pages: Project, spelling: str) -> None:
    again = f"""
def task_again():
    return {{"targets": [f"{spelling}"], "actions": ["true"]}}
"""
    pages.write("dodo.py", pages.read("dodo.py") + again)
    for words in ([], ["part:0"]):
        said = look(pages, *words, code=3).said
        assert "page3.txt is a target of both page3 and again" in said


def test_a_circle_among_what_was_fresh_is_refused(pages: Project) -> None:
    dodo = pages.read("dodo.py")
    pages.write("dodo.py", dodo.replace('[f"raw{number}.txt"]', '["book.txt"]'))
    assert "need each other in a circle" in look(pages, code=3).said


def test_an_unknown_task_dep_is_refused(pages: Project) -> None:
    pages.write(
        "dodo.py",
        pages.read("dodo.py")
        + '\ndef task_late():\n    return {"actions": None, "task_dep": ["nobody"]}\n',
    )
    assert "'nobody' does not exist" in look(pages, code=3).said
