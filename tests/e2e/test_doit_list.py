"""doit stays doit: list, info and help; and nothing that only looks changes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


TASKS = """
    def task_zebra():
        '''Striped.'''
        return {"file_dep": ["in.txt", "also.txt"], "targets": ["zebra.txt"], "actions": [make]}

    def task_ant():
        '''Small.'''
        for name in ("queen", "worker"):
            yield {"name": name, "actions": [make], "file_dep": ["zebra.txt"],
                   "targets": [name + ".txt"], "doc": f"a {name}"}

    def task__hidden():
        '''Not for everybody.'''
        return {"actions": [(note, ["hidden"])]}

    def task_once_more():
        return {"actions": [(note, ["once"])], "doc": "Given."}
"""


def test_list_shows_what_plain_doit_shows(both: SideBySide) -> None:
    both.dodo(TASKS)
    for arguments in (
        [],
        ["--all"],
        ["-q"],
        ["-q", "--all"],
        ["-p"],
        ["--private", "--quiet"],
        ["--sort", "definition"],
        ["--sort=name", "--all"],
        ["--template", "{name}: {doc}"],
        ["ant", "zebra"],
        ["--all", "ant"],
    ):
        assert both.same("list", *arguments)
    ours, plain = (set(said.out.splitlines()) for said in both.both("list", "--deps"))
    assert ours == plain
    assert " -  in.txt" in ours
    for arguments in (["unknown"], ["--sort", "colour"], ["--fancy"]):
        assert both.doit("list", *arguments, code=3) == []


def test_the_inputs_in_a_list_are_in_the_order_of_declaration(project: Project) -> None:
    names = [f"{letter}.txt" for letter in "zbyaxc"]
    project.dodo(f'def task_it():\n    return {{"actions": None, "file_dep": {names}}}\n')
    listed = project.doit("list", "--deps").out.splitlines()
    assert [line.removeprefix(" -  ") for line in listed if line.startswith(" -")] == names


def test_the_letters_of_a_list_from_never_built_to_an_error(project: Project) -> None:
    project.dodo(
        """
        def copy(dependencies, targets):
            pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text().upper())

        def stage(name, source):
            return {"file_dep": [source], "targets": [name + ".txt"], "actions": [copy]}

        def task_one():
            return stage("one", "in.txt")

        def task_two():
            return stage("two", "one.txt")

        def task_three():
            return stage("three", "two.txt")

        def task_always():
            return {"actions": [(note, ["always"])]}
        """
    )

    def letters() -> dict[str, str]:
        lines = project.doit("list", "-s").out.splitlines()
        return {line.split()[1]: line.split()[0] for line in lines}

    assert letters() == {"one": "E", "two": "R", "three": "R", "always": "R"}
    project.write("in.txt", "a")
    assert letters() == {"one": "R", "two": "R", "three": "R", "always": "R"}
    project.doit()
    assert letters() == {"one": "U", "two": "U", "three": "U", "always": "R"}
    project.write("in.txt", "b")
    assert letters() == {"one": "R", "two": "W", "three": "W", "always": "R"}
    project.doit("one")
    assert letters() == {"one": "U", "two": "R", "three": "W", "always": "R"}
    project.doit("ignore", "two", "always")
    assert letters() == {"one": "U", "two": "I", "three": "I", "always": "I"}
    project.doit("forget", "two", "always")
    (project.folder / "in.txt").unlink()
    assert letters()["one"] == "E"
    assert project.doit("list", "-s", "two").out.split() == ["R", "two"]


def test_info_shows_what_is_declared_and_the_verdict(project: Project) -> None:
    project.dodo(
        """
        def task_it():
            '''Make it.

            More words.'''
            return {
                "actions": [lambda n: None],
                "file_dep": ["in.txt", "also.txt"],
                "targets": ["out.txt"],
                "task_dep": ["before"],
                "getargs": {"n": ("source", "n")},
                "params": [{"name": "p", "default": 1}],
                "verbosity": 2,
                "watch": ["folder"],
                "meta": {"note": "kept"},
            }

        def task_before():
            return {"actions": None}

        def task_source():
            return {"actions": [lambda: {"n": 1}], "file_dep": ["in.txt"]}

        def task_members():
            yield {"name": "a", "actions": [(note, ["a"])], "file_dep": ["in.txt"]}
        """
    )
    project.write("in.txt", "1")
    said = project.doit("info", "it", code=1)
    for words in (
        "Make it.",
        " - in.txt\n - also.txt",
        " - out.txt",
        " - before",
        " - source",
        "'n': ('source', 'n')",
        "'name': 'p'",
        "verbosity  : 2",
        " - folder",
        "{'note': 'kept'}",
        "status     : error",
        " * input missing: also.txt",
    ):
        assert words in said.out
    assert "status" not in project.doit("info", "--no-status", "it").out
    assert " * never built" in project.doit("info", "source", code=1)
    assert "status     : stale" in project.doit("info", "members", code=1)
    project.doit("source", "members")
    assert "status     : up to date" in project.doit("info", "source")
    assert "status     : up to date" in project.doit("info", "members")
    project.doit("ignore", "source")
    assert "status     : ignored" in project.doit("info", "source", code=1)
    project.doit("info", code=3)
    project.doit("info", "it", "source", code=3)
    said = project.doit("info", "sorce", code=3)
    assert said.err == (
        "ERROR: 'sorce' is neither a task nor a target: did you mean 'source'?"
        " `doit list` shows the tasks\n"
    )


def test_help_of_doit_of_a_command_of_a_task_and_of_task_fields(both: SideBySide) -> None:
    both.dodo(
        """
        def task_it():
            '''Make it.'''
            return {"actions": ["echo %(size)s"], "params": [
                {"name": "size", "long": "size", "short": "s", "default": 1, "type": int,
                 "help": "how big [default: %(default)s]"}]}
        """
    )
    said = both.ours.doit("help").out
    for command in ("run", "list", "info", "clean", "forget", "ignore", "why", "dumpdb"):
        assert f" {command} " in said
    assert both.ours.doit("--help").out == said
    for command in ("clean", "reset-dep", "why"):
        text = both.ours.doit("help", command).out
        assert text.startswith("PURPOSE")
        assert "--db-file" in text
    assert "--dry-run" in both.ours.doit("help", "run").out
    assert "calc_dep" in both.same("help", "task")
    assert "how big [default: 1]" in both.ours.doit("help", "it").out
    assert "Make it." in both.ours.doit("help", "it").out
    assert "`doit help` shows the commands" in both.ours.doit("help", "unknown", code=3).err
    assert both.ours.doit("--version").out.startswith("0.37")


LOOKING = (
    ["list"],
    ["list", "--all", "--deps"],
    ["list", "-q"],
    ["help"],
    ["help", "it"],
    ["info", "--no-status", "it"],
    ["tabcompletion"],
    ["tabcompletion", "--hardcode-tasks", "-s", "zsh"],
)


def test_what_only_looks_makes_no_store(project: Project) -> None:
    project.dodo('def task_it():\n    return {"actions": None, "targets": ["sub/it.txt"]}\n')
    for arguments in LOOKING:
        project.doit(*arguments)
        assert not project.exists(".datamake"), arguments
        assert project.files() == []


def test_a_plan_and_a_status_change_no_file_and_no_record(project: Project) -> None:
    project.dodo(
        """
        def build(dependencies, targets):
            pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

        def task_it():
            return {"file_dep": ["in.txt"], "targets": ["sub/it.txt"], "actions": [build],
                    "clean": True}
        """
    )
    project.write("in.txt", "1")
    asking = (["run", "--dry-run"], ["list", "-s"], ["why"], ["info", "it"], ["clean", "-n"])
    for arguments in asking:
        project.doit(*arguments, code=None)
        assert project.files() == ["in.txt"]
    assert project.doit("dumpdb").out == ""
    project.doit()
    project.write("in.txt", "2")
    before = project.doit("dumpdb").out
    for arguments in asking:
        project.doit(*arguments, code=None)
    assert project.doit("dumpdb").out == before
    assert project.read("sub/it.txt") == "1"
    assert project.files() == ["in.txt", "sub/it.txt"]
