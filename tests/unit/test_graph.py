"""Who makes what, who needs whom, and what is refused about it before anything runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import InvalidTask
from doit.task import Task

from datamake import graph
from datamake.paths import DeclaredPaths

ROOT = "/project"


def task(name: str, reads: str = "", makes: str = "", **more: Any) -> Task:
    """A task that reads and makes files, given as words."""
    made = Task(name, ["true"], targets=makes.split(), **more)
    made.file_dep = DeclaredPaths(reads.split())
    return made


def by_name(*tasks: Task) -> dict[str, Task]:
    return {task.name: task for task in tasks}


def test_a_target_is_known_by_its_one_spelling() -> None:
    tasks = [task("a", makes="./x /project/y"), task("b", makes="/elsewhere/z")]
    assert graph.producers(tasks, ROOT) == {"x": "a", "y": "a", "/elsewhere/z": "b"}


def test_a_task_may_spell_its_target_twice() -> None:
    assert graph.producers([task("a", makes="x ./x")], ROOT) == {"x": "a"}


@pytest.mark.parametrize("spelling", ["x", "./x", "/project/x", "d/../x", "x/", "../project/x"])
def test_a_target_with_two_makers_is_refused(spelling: str) -> None:
    with pytest.raises(InvalidTask, match=r"^x is a target of both a and b: give each task"):
        graph.producers([task("a", makes="x"), task("b", makes=spelling)], ROOT)


@pytest.mark.parametrize("spelling", ["x", "./x", "/project/x", "d/../x"])
def test_a_reader_is_linked_to_the_maker(spelling: str) -> None:
    reader = task("b", reads=spelling)
    graph.link([task("a", makes="x"), reader], ROOT)
    assert reader.task_dep == ["a"]


def test_a_file_below_a_target_folder_is_made_by_the_folders_task() -> None:
    reader = task("b", reads="folder/below/x folder-not/y")
    graph.link([task("a", makes="folder/"), reader], ROOT)
    assert reader.task_dep == ["a"]


def test_links_come_once_and_behind_those_that_are_there() -> None:
    reader = task("c", reads="x y", task_dep=["b", "z"])
    graph.link([task("a", makes="x"), task("b", makes="y"), reader], ROOT)
    assert reader.task_dep == ["b", "z", "a"]


def test_a_task_is_not_linked_to_itself() -> None:
    loop = task("a", reads="folder/x", makes="folder")
    graph.link([loop], ROOT)
    assert loop.task_dep == []


def test_which_input_comes_from_whom() -> None:
    made = graph.Producers({"x": "a", "folder": "b", "many/p": "p", "many/deep/q": "q"})
    assert graph.makers(task("c", reads="x"), made, ROOT) == {"x": ["a"]}
    assert graph.makers(task("c", reads="/project/folder/y"), made, ROOT) == {"folder/y": ["b"]}
    assert graph.makers(task("a", reads="x raw"), made, ROOT) == {}
    assert graph.makers(task("p", reads="./many/ many/r"), made, ROOT) == {"many": ["q"]}


@pytest.mark.parametrize("spelling", ["folder", "./folder/", "/project/folder", "."])
def test_a_folders_reader_is_linked_to_who_makes_files_in_it(spelling: str) -> None:
    tasks = [
        task("reader", reads=spelling, makes="/elsewhere/x"),
        task("one", makes="folder/1"),
        task("two", makes="folder/deep/2 folder/3"),
        task("other", makes="/elsewhere/folder/4"),
    ]
    graph.link(tasks, ROOT)
    assert tasks[0].task_dep == ["one", "two"]


def test_a_folders_reader_is_not_linked_to_who_needs_it() -> None:
    reader = task("reader", reads="folder", makes="list folder/own")
    maker = task("maker", reads="list", makes="folder/made")
    graph.link([reader, maker], ROOT)
    assert (reader.task_dep, maker.task_dep) == ([], ["reader"])


def test_what_tasks_need_is_looked_at_once_however_many_read_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    upstream = graph.upstream

    def heard(task: Task) -> list[str]:
        looks.append(task.name)
        return upstream(task)

    monkeypatch.setattr(graph, "upstream", heard)
    makers = [task(f"m{number}", makes=f"data/{number}") for number in range(20)]
    readers = [task(f"r{number}", reads="data", makes=f"r{number}") for number in range(20)]
    graph.link([*readers, *makers], ROOT)
    assert all(reader.task_dep == [maker.name for maker in makers] for reader in readers)
    assert len(looks) == 40


def test_of_two_that_read_and_fill_a_folder_the_first_comes_first() -> None:
    first, second = (task(name, reads="folder", makes=f"folder/{name}") for name in "ab")
    graph.link([first, second], ROOT)
    assert (first.task_dep, second.task_dep) == ([], ["a"])


# Order


def test_upstream_comes_first_and_each_task_once() -> None:
    tasks = by_name(
        task("end", task_dep=["left", "right"]),
        task("left", task_dep=["start"]),
        task("right", setup=["start"]),
        task("start"),
        task("unused"),
    )
    assert graph.in_order(tasks, ["end"]) == ["start", "left", "right", "end"]
    assert graph.in_order(tasks, ["right", "end"]) == ["start", "right", "left", "end"]


def test_calculated_dependencies_come_first_too() -> None:
    tasks = by_name(task("b", calc_dep=["a"]), task("a"))
    assert graph.in_order(tasks, ["b"]) == ["a", "b"]


def test_names_that_are_not_known_yet_are_passed_over() -> None:
    assert graph.in_order(by_name(task("a", task_dep=["delayed:one"])), ["a"]) == ["a"]


def test_a_long_chain_is_no_deeper_than_a_short_one() -> None:
    names = [f"t{number}" for number in range(20_000)]
    tasks = by_name(
        task(names[0]), *(task(name, task_dep=[names[n]]) for n, name in enumerate(names[1:]))
    )
    assert graph.in_order(tasks, [names[-1]]) == names


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": "a"}, "a → a"),
        ({"a": "b", "b": "a"}, "a → b → a"),
        ({"a": "b", "b": "c", "c": "d", "d": "b"}, "b → c → d → b"),
    ],
)
def test_a_circle_is_named(needs: dict[str, str], circle: str) -> None:
    tasks = by_name(*(task(name, task_dep=[other]) for name, other in needs.items()))
    with pytest.raises(InvalidTask, match=f"^tasks need each other in a circle: {circle}$"):
        graph.in_order(tasks, ["a"])


# Missing inputs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("raw").touch()
    os.mkdir("there")


def missing(*tasks: Task) -> list[tuple[str, str]]:
    graph.link(tasks, os.getcwd())
    named = by_name(*tasks)
    made = graph.producers(tasks, os.getcwd())
    return list(graph.missing_inputs(named, graph.in_order(named, named), made))


@pytest.mark.usefixtures("folder")
def test_an_input_that_is_not_there_and_that_nobody_makes_is_missing() -> None:
    assert missing(task("a", "raw gone there there/gone", "x"), task("b", "x ./lost", "y")) == [
        ("a", "gone"),
        ("a", "there/gone"),
        ("b", "./lost"),
    ]


@pytest.mark.usefixtures("folder")
def test_an_input_that_will_be_made_is_not_missing() -> None:
    assert missing(task("b", "./x folder/deep/y", "z"), task("a", "raw", "x folder")) == []


@pytest.mark.usefixtures("folder")
def test_behind_a_task_that_says_nothing_of_what_it_makes_all_is_possible() -> None:
    silent = task("silent", "raw")
    assert missing(task("first", "gone", "x"), silent, task("b", "lost", "y")) == [
        ("first", "gone")
    ]


@pytest.mark.usefixtures("folder")
def test_an_input_of_such_a_task_itself_is_missing() -> None:
    assert missing(task("silent", "gone"), task("b", "lost", "y")) == [("silent", "gone")]


@pytest.mark.usefixtures("folder")
def test_a_task_that_is_waited_for_without_being_read_may_make_anything() -> None:
    fetch = task("fetch", "raw", "fetched.log")
    assert missing(fetch, task("b", "lost", "y", task_dep=["fetch"])) == []
    assert missing(fetch, task("b", "lost", "y", setup=["fetch"])) == []
    assert missing(fetch, task("b", "lost fetched.log", "y")) == [("b", "lost")]


def test_folders_above_every_file_of_a_task() -> None:
    tasks = [task("a", "raw/deep/x", "/project/built/y"), task("b", "z", "/else/where/w")]
    assert graph.folders_with_targets(tasks, ROOT) == {
        "raw",
        "raw/deep",
        "built",
        "/else",
        "/else/where",
    }
