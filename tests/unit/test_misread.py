"""Options that can't be read: told as a person typed them, with the nearest that there is."""

from __future__ import annotations

from typing import Any

import pytest
from doit.cmdparse import CmdOption, CmdParse, CmdParseError, TaskParse

from datamake.commands import misread

OPTIONS = [
    {"name": "num_process", "short": "n", "long": "process", "type": int, "default": 0},
    {"name": "dry_run", "long": "dry-run", "type": bool, "default": False},
    {"name": "kind", "long": "kind", "choices": (("a", ""), ("b", "")), "default": "a"},
    {"name": "ratio", "long": "ratio", "type": float, "default": 1.0},
]
PARSER = CmdParse([CmdOption(option) for option in OPTIONS])


def refused(parser: CmdParse, *words: str) -> CmdParseError:
    with pytest.raises(CmdParseError) as caught:
        parser.parse(list(words))
    return caught.value


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dryrun"], "`doit run` has no option --dryrun: did you mean --dry-run? "),
        (["-x"], "`doit run` has no option -x. `doit help run` shows the options"),
        (["-n"], "option -n requires argument: `doit help run` shows the options"),
        (["--ratio"], "option --ratio requires argument, as in --ratio=...: `doit help run`"),
        (["--dry-run=1"], "option --dry-run must not have an argument: `doit help run`"),
        (["-n", "x"], "-n, --process: 'x' is not a whole number"),
        (["--ratio=x"], "--ratio: 'x' is not a number"),
        (["--kind=c"], "--kind: Provided 'c' but available choices are: 'a', 'b'."),
    ],
)
def test_an_option_of_a_command_is_told_as_it_was_typed(words: list[str], told: str) -> None:
    said = misread.of_command(refused(PARSER, *words), PARSER, "run")
    assert said.startswith(told)
    assert "CmdOption" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("--dry-run", "--dry-run stands behind a task: type `doit run --dry-run TASK`"),
        ("--min-rows", "--min-rows is no option but a parameter: type min_rows=..."),
        ("-n", "-n stands behind a task: type `doit run -n TASK`"),
        ("--n", "--n is no option but a parameter: type n=..."),
        ("--help", "type `doit help TASK` for the parameters of a task"),
        ("-x", "-x is an option of no task: `doit help TASK` shows a task's parameters"),
    ],
)
def test_an_option_behind_a_task_is_told_where_it_belongs(word: str, told: str) -> None:
    error = refused(TaskParse([]), word)
    assert misread.of_task(error, PARSER, "run", {"min_rows", "n"}) == told


def test_an_option_of_a_task_that_lacks_its_value_is_told_without_doits_objects() -> None:
    error = refused(TaskParse([CmdOption(OPTIONS[0])]), "-n")
    said = misread.of_task(error, PARSER, "run", ())
    assert said == "Error parsing Task: option -n requires argument"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"type": int, "default": 1}, "size: 'x' is not a whole number"),
        ({"type": float, "default": 1.0}, "size: 'x' is not a number"),
        (
            {"type": str, "default": "a", "choices": [("a", ""), ("b", "")]},
            "size: Provided 'x' but available choices are: 'a', 'b'.",
        ),
    ],
)
def test_a_value_of_a_tasks_own_option_is_told_in_a_line(option: dict[str, Any], told: str) -> None:
    parser = TaskParse([CmdOption({"name": "size", "long": "size", **option})])
    assert misread.of_task(refused(parser, "--size=x"), PARSER, "run", ()) == told


def test_what_asks_for_help_is_no_mistake() -> None:
    assert misread.asks_for_help(refused(PARSER, "-h"))
    assert misread.asks_for_help(refused(PARSER, "--help"))
    assert not misread.asks_for_help(refused(PARSER, "--hop"))
    assert not misread.asks_for_help(refused(PARSER, "-n", "x"))
