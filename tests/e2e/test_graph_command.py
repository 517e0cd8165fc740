"""`doit graph` draws what there is and how it stands, and changes nothing."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from pygraphviz import AGraph

from tests.e2e.conftest import Project
from tests.e2e.terminal import on_a_terminal

DODO = """
    def copy(dependencies, targets):
        note(targets[0])
        pathlib.Path(targets[0]).write_text("".join(open(path).read() for path in dependencies))

    def task_tidy():
        "Take out what is wrong"
        return {"file_dep": ["raw.txt"], "targets": ["tidy.txt"], "actions": [copy]}

    def task_join():
        return {"file_dep": ["tidy.txt", "more.txt"], "targets": ["join.txt"], "actions": [copy]}

    def task_report():
        return {"file_dep": ["join.txt"], "targets": ["report.txt"], "actions": [copy]}

    def task_apart():
        return {"file_dep": ["more.txt"], "targets": ["apart.txt"], "actions": [copy]}
"""

MANY = """
    def make(targets):
        pathlib.Path(targets[0]).write_text(targets[0])

    def task_squares():
        for i in range(60):
            yield {"name": i, "targets": [f"squares/{i}"], "actions": [make]}

    def task_sum():
        return {"file_dep": [f"squares/{i}" for i in range(60)], "targets": ["sum"],
                "actions": ["cat squares/* > sum"]}
"""


@pytest.fixture
def built(project: Project) -> Project:
    """raw -> tidy -> join -> report, with more -> join and more -> apart, built."""
    project.write("raw.txt", "a")
    project.write("more.txt", "b")
    project.dodo(DODO)
    project.doit()
    project.ran()
    return project


def read(project: Project, *arguments: str) -> dict[str, Any]:
    graph: dict[str, Any] = json.loads(project.doit("graph", "--format", "json", *arguments).out)
    return graph


def states(project: Project, *arguments: str) -> dict[str, str]:
    """The state of each stage that is drawn, in the order in which they are drawn."""
    nodes = read(project, *arguments)["nodes"]
    return {node["name"]: node["state"] for node in nodes if node["kind"] != "file"}


def test_the_outline_in_words(built: Project) -> None:
    built.write("more.txt", "c")
    assert built.doit("graph").out.splitlines() == [
        "up to date  tidy",
        "              ← raw.txt",
        "              → tidy.txt",
        "stale         join  input changed: more.txt",
        "                ← tidy.txt",
        "                ← more.txt (changed)",
        "                → join.txt",
        "waits           report  waits for join",
        "                  ← join.txt",
        "                  → report.txt",
        "stale       apart  input changed: more.txt",
        "              ← more.txt (changed)",
        "              → apart.txt",
        "4 stages: 1 up to date, 2 stale, 1 waits",
    ]


def test_it_says_what_the_list_says(built: Project) -> None:
    built.write("tidy.txt", "edited")
    built.doit("ignore", "apart")
    letters = {"up to date": "U", "stale": "R", "waits": "W", "ignored": "I"}
    lines = built.doit("list", "-s").out.splitlines()
    assert {name: letters[state] for name, state in states(built).items()} == {
        line.split()[1]: line.split()[0] for line in lines
    }
    assert states(built, "report", "--up", "1") == {"join": "waits", "report": "waits"}


def test_it_changes_nothing_and_makes_no_store(project: Project) -> None:
    project.write("raw.txt", "a")
    project.write("more.txt", "b")
    project.dodo(DODO)
    assert set(states(project).values()) == {"stale"}
    assert not project.exists(".datamake")
    assert project.files() == ["more.txt", "raw.txt"]
    assert project.ran() == []


def test_a_picture_in_each_format(built: Project) -> None:
    before = built.files()
    for suffix in ("svg", "png", "html", "dot", "mmd", "json", "txt"):
        said = built.doit("graph", "-o", f"graph.{suffix}")
        assert said.out == said.err == ""
    assert len(built.files()) == len(before) + 7
    assert ElementTree.parse(built.folder / "graph.svg").getroot().get("role") == "img"
    assert (built.folder / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in built.read("graph.html")
    assert built.read("graph.mmd").startswith("flowchart ")
    assert AGraph(string=built.read("graph.dot")).has_edge("stage:tidy", "file:tidy.txt")
    assert json.loads(built.read("graph.json")) == read(built)
    assert built.read("graph.txt") == built.doit("graph").out
    assert built.doit("graph", "-o", "-", "--format", "svg").out == built.read("graph.svg")


def test_a_selection_with_what_is_up_and_downstream(built: Project) -> None:
    assert list(states(built, "join")) == ["tidy", "join", "report"]
    assert list(states(built, "join", "--up", "1")) == ["tidy", "join"]
    assert list(states(built, "tidy", "--down", "1")) == ["tidy", "join"]
    assert list(states(built, "tidy", "--down", "all")) == ["tidy", "join", "report"]
    assert list(states(built, "join.txt", "--up", "0")) == ["join"]


def test_stages_only(built: Project) -> None:
    graph = read(built, "--stages")
    assert {node["kind"] for node in graph["nodes"]} == {"stage"}
    assert [(edge["from"], edge["to"]) for edge in graph["edges"]] == [
        ("stage:tidy", "stage:join"),
        ("stage:join", "stage:report"),
    ]


def test_durations_on_request(built: Project) -> None:
    assert all(node["seconds"] is None for node in read(built)["nodes"])
    nodes = read(built, "--durations")["nodes"]
    assert all(node["seconds"] > 0 for node in nodes if node["kind"] == "stage")
    assert " s\n" in built.doit("graph", "--durations").out


def test_a_large_group_is_one_box(project: Project) -> None:
    project.dodo(MANY)
    project.doit()
    project.write("squares/7", "edited")
    assert project.doit("graph").out.splitlines() == [
        "stale       squares:*  (60; 1 stale)",
        "              → squares/* (60 files, 1 changed)",
        "waits         sum  waits for squares:7",
        "                ← squares/* (60 files, 1 changed)",
        "                → sum",
        "61 stages: 59 up to date, 1 stale, 1 waits",
    ]
    assert len(states(project, "--fold", "60")) == 61
    assert list(states(project, "squares:7", "--down", "all")) == ["squares:7", "sum"]


def test_a_group_without_actions_is_drawn_dashed(project: Project) -> None:
    project.dodo(
        """
        def task_a():
            return {"targets": ["a"], "actions": ["echo a > a"]}

        def task_all():
            return {"actions": None, "task_dep": ["a"]}
        """
    )
    assert read(project)["edges"][-1] == {"from": "stage:a", "to": "stage:all", "by": "order"}
    assert states(project) == {"a": "stale", "all": "stale"}


def test_tasks_that_are_made_later_are_drawn_once_they_can_be(project: Project) -> None:
    project.dodo(
        """
        from doit import create_after

        def task_first():
            return {"targets": ["first"], "actions": ["echo 1 > first"]}

        @create_after(executed="first")
        def task_later():
            yield {"name": "x", "file_dep": ["first"], "targets": ["x"], "actions": ["cp first x"]}
        """
    )
    assert states(project)["first"] == "stale"
    project.doit()
    assert states(project) == {"first": "up to date", "later:x": "up to date"}
    assert states(project, "first") == {"first": "up to date", "later:x": "up to date"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "graph.pdf"), "'graph.pdf' has no known suffix: there are .svg, .png, .html, .dot"),
        (("--format", "gif"), "'gif' is no format of a picture: there are .svg"),
        (("-o", "nowhere/graph.dot"), "nowhere/graph.dot can't be written: No such file"),
        (("--up", "some"), "--up takes a number of steps, or all: 'some' is neither"),
        (("--down", "-1"), "--down takes a number of steps"),
        (("tidi",), "did you mean 'tidy'?"),
    ],
)
def test_what_can_not_be_drawn_is_said_in_a_line(
    built: Project, arguments: tuple[str, ...], words: str
) -> None:
    said = built.doit("graph", *arguments, code=3)
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert not [name for name in built.files() if name.startswith("graph")]


def test_a_circle_is_refused(project: Project) -> None:
    project.dodo(
        """
        def task_a():
            return {"file_dep": ["b"], "targets": ["a"], "actions": ["cp b a"]}

        def task_b():
            return {"file_dep": ["a"], "targets": ["b"], "actions": ["cp a b"]}
        """
    )
    said = project.doit("graph", code=3)
    assert "tasks need each other in a circle: a → b → a" in said.err


def test_without_pygraphviz_text_formats_are_there_still(built: Project) -> None:
    hide = "import sys; sys.modules['pygraphviz'] = None\n"
    built.write("dodo.py", hide + built.read("dodo.py"))
    said = built.doit("graph", "-o", "graph.svg", code=3)
    assert "pip install 'datamake[graph]'" in said.err
    built.doit("graph", "-o", "graph.dot")
    assert "digraph" in built.read("graph.dot")


def test_mermaid_is_told_to_be_too_large(project: Project) -> None:
    project.dodo(
        """
        def task_many():
            for i in range(300):
                yield {"name": i, "file_dep": ["dodo.py"], "targets": [f"m{i}"],
                       "actions": ["cp dodo.py %(targets)s"]}
        """
    )
    said = project.doit("graph", "-o", "graph.mmd", "--fold", "1000")
    assert "Mermaid draws at most 500 arrows, here are 600: `--stages`" in said.err
    assert project.doit("graph", "-o", "graph.mmd").err == ""


def test_colours_are_for_terminals(built: Project) -> None:
    variables = {"NO_COLOR": ""}
    assert "\033[" in on_a_terminal(built.folder, "graph", **variables)
    assert "\033[" not in on_a_terminal(built.folder, "graph", NO_COLOR="1")
    assert "\033[" not in built.doit("graph").out
