"""What is typed wrongly, or in the wrong place, is told in a line with what to type."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project

TASKS = """
    def make(targets):
        pathlib.Path(targets[0]).write_text("1")

    def task_rows(n: int = 3):
        for part in ("a", "b"):
            yield {"name": part, "targets": [f"{part}.txt"], "actions": [make]}
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dryrun"], "`doit run` has no option --dryrun: did you mean --dry-run?"),
        (["list", "--state"], "`doit list` has no option --state: did you mean --status?"),
        (["serve", "--prot=3"], "`doit serve` has no option --prot: did you mean --port?"),
        (["serve", "--port=x"], "--port: 'x' is not a whole number"),
        (["-n", "x"], "-n, --process: 'x' is neither a whole number nor auto"),
        (["--resources=gpu=x"], "--resources: gpu is no number: 'x'"),
        (["accept", "rows", "--reason"], "option --reason requires argument, as in --reason=...: "),
        (["accept", "rows", "--reasn=x"], "no option --reasn: did you mean --reason?"),
        (["list", "rows", "--state"], "`doit list` has no option --state: did you mean --status?"),
        (["list", "--template", "{nope}"], "('nope'): there are {name}, {doc}"),
        (["list", "-s", "--template", "{0}{"], "there are {name}, {doc}, {status}"),
        (["graph", "--fold=-1"], "--fold=-1 is no number of sub-tasks"),
        (["clean", "--orphans", "rows"], "what no task makes any more, whoever made it: 'rows' is"),
        (["dumpdb", "rows"], "`doit dumpdb` prints all records: 'rows' is too much"),
        *(([command, "zz*"], "no task is called zz*") for command in ("why", "graph", "accept")),
        (["rows", "--dry-run"], "type `doit run --dry-run TASK`"),
        (["rows", "--n=3"], "--n is no option but a parameter: type n=..."),
        (["rows", "n", "3"], "'n' is neither a task nor a target but a parameter: type n=..."),
        (["rows", "list"], "'list' is neither a task nor a target but a command"),
    ],
)
def test_it_is_told_in_a_line_and_nothing_is_run(
    project: Project, words: list[str], told: str
) -> None:
    project.dodo(TASKS)
    said = project.doit(*words, code=3)
    assert told in said.err
    assert len(said.err.splitlines()) == 1, said.err
    assert "CmdOption" not in said.err
    assert said.out == ""
    assert not project.exists("a.txt")


NEITHER = "'row' is neither a task nor a target: did you mean 'rows'?"
NO_TASK = "'row' is not a task: did you mean 'rows'?"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        *((command, NEITHER) for command in ("run", "run --dry-run", "info", "why", "graph")),
        *((command, NEITHER) for command in ("accept", "strace")),
        *((command, NO_TASK) for command in ("list", "list -s", "list --json", "clean", "ignore")),
        *((command, NO_TASK) for command in ("forget", "forget -s", "reset-dep")),
        ("log", "'row' is no task that has logs: did you mean 'rows'?"),
        ("history", "'row' is neither a run, a task nor a file: did you mean 'rows'?"),
        ("help", "'row' is neither a task nor a command: did you mean 'rows'?"),
    ],
)
def test_every_command_has_the_nearest_name(project: Project, command: str, told: str) -> None:
    project.dodo(TASKS)
    said = project.doit(*command.split(), "row", code=3)
    assert said.err.startswith(f"ERROR: {told} `doit ")
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


@pytest.mark.parametrize("command", ["list", "clean", "forget", "ignore", "reset-dep"])
def test_a_command_that_takes_tasks_alone_says_whose_a_target_is(
    project: Project, command: str
) -> None:
    project.dodo(TASKS)
    said = project.doit(command, "a.txt", code=3)
    told = f"'a.txt' is not a task but a target: type `doit {command} rows:a`"
    assert said.err == f"ERROR: {told}\n"


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_every_command_shows_its_help_for_the_usual_words(project: Project, word: str) -> None:
    project.dodo(TASKS)
    for command in ("run", "list", "why", "history", "clean", "serve"):
        assert project.doit(command, word).out == project.doit("help", command).out
    assert "USAGE" in project.doit("-h").out
    assert not project.exists(".datamake")


def test_names_that_the_environment_can_not_spell_are_told_in_a_line(project: Project) -> None:
    project.dodo(
        """
        def task_it():
            return {"targets": ["größe.txt"], "actions": ["echo 1 > %(targets)s"]}
        """
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (["list", "-s"], ["why"], []):
        said = project.doit(*words, code=3, **ascii_only)
        assert "is no name of a file where names are ascii" in said.err
        assert "set LC_ALL=C.UTF-8" in said.err
        assert "Traceback" not in said.err
    project.doit(LC_ALL="C", LANG="C")
    assert project.exists("größe.txt")


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        (
            '[tool.doit.commands.run]\nverbosity = "x"\n',
            "-v, --verbosity: 'x' is not a whole number, in the configuration of doit run",
        ),
        ("[tool]\ndatamake = 3\n", "is no table: 3"),
    ],
)
def test_what_the_configuration_can_not_say_is_told_in_a_line(
    project: Project, configured: str, told: str
) -> None:
    project.dodo(TASKS)
    text = project.read("pyproject.toml")
    (project.folder / "pyproject.toml").write_text(text + configured)
    said = project.doit(code=3)
    assert said.err.startswith("ERROR: ")
    assert said.err.endswith(f"{told}\n")
    assert len(said.err.splitlines()) == 1
    assert not project.exists("a.txt")
