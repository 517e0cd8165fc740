"""Actions as an attempt runs them, and which of them name a target themselves."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.action import BaseAction, CmdAction
from doit.exceptions import TaskError, TaskFailed
from doit.task import Stream, Task
from doit.tools import LongRunning

from datamake.acting import Work
from datamake.acting import act as run_actions
from datamake.actions import (
    ActionExitError,
    Raised,
    failure_message,
    staged_actions,
    updates,
)
from datamake.audit import Audit
from datamake.naming import targets_in_place
from datamake.policy import Policy
from datamake.shell import Command
from datamake.staging import Declared, Staging

OUT = "data/a.txt"
PLACE = Path("data") / "a.txt"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def task(*actions: Any, **more: Any) -> Task:
    made = Task("stage", list(actions), targets=more.pop("targets", [OUT]), **more)
    made.init_options()
    return made


def staging(of: Task) -> Staging:
    return Staging(of.targets, Declared(os.getcwd()))


def in_place(*actions: Any, **more: Any) -> list[str]:
    made = task(*actions, **more)
    return sorted(targets_in_place(made, staging(made)))


# Named or handed


def writes(targets: list[str]) -> None: ...
def takes(path: str) -> None: ...
def constant() -> None:
    Path("data/a.txt").touch()


def through_global() -> None:
    Path(OUT).touch()


def through_path() -> None:
    PLACE.touch()


def through_helper() -> None:
    constant()


def with_default(path: str = "data/a.txt") -> None: ...
def opaque() -> None: ...
def only_a_part() -> None:
    """Of data/a.txt, it reads what was before."""
    Path("data/a.txt.before").touch()


class Writer:
    where = "elsewhere"

    def __init__(self, path: str) -> None:
        self.path = path

    def run(self, targets: list[str]) -> None: ...
    def __call__(self, targets: list[str]) -> None: ...


class Own(BaseAction):
    def __init__(self, path: str) -> None:
        self.path = path


@pytest.mark.parametrize(
    "action",
    [
        writes,
        (takes, ["data/a.txt"]),
        (takes, [], {"path": Path("./data/a.txt")}),
        functools.partial(takes, "data/a.txt"),
        "cmd > %(targets)s",
        ["cmd", "data/a.txt"],
        CmdAction("cmd > $OUT", env={"OUT": "data/a.txt"}),
        Writer("elsewhere").run,
        Own("elsewhere"),
        lambda task: None,
    ],
)
def test_a_target_that_is_handed_over_is_not_in_place(action: Any) -> None:
    assert in_place(action) == []


@pytest.mark.parametrize(
    "action",
    [
        constant,
        through_global,
        through_path,
        through_helper,
        with_default,
        Writer("data/a.txt").run,
        Writer("./data/a.txt"),
        Own("data/a.txt"),
        (takes, ["--out=data/a.txt"]),
        (takes, [Writer("data/a.txt")]),
        "cmd > data/a.txt",
        "cmd >./data/a.txt",
        "cd data && cmd > a.txt",
        "cmd --out='data/a.txt' && true",
        ["sh", "-c", "cmd > data/a.txt"],
        CmdAction("cmd > a.txt", cwd="data"),
    ],
)
def test_a_target_that_an_action_spells_out_is_in_place_whoever_is_handed_it_too(
    action: Any,
) -> None:
    assert in_place(writes, action) == ["data/a.txt"]
    assert in_place(action, "cmd %(targets)s") == ["data/a.txt"]


@pytest.mark.parametrize(
    "action",
    [opaque, only_a_part, "echo done", "cmd data/a.txt.before", "cmd other/data/a.txt", ["true"]],
)
def test_an_action_that_says_nothing_of_the_target_leaves_it_staged(action: Any) -> None:
    assert in_place(writes, action) == []
    assert in_place(action) == ["data/a.txt"]


def test_each_target_counts_for_itself() -> None:
    both = [OUT, "b.txt"]
    assert in_place((takes, ["b.txt"]), targets=both) == ["data/a.txt"]
    assert in_place(writes, "cmd > b.txt", targets=both) == ["b.txt"]


def test_a_closure_counts_and_an_empty_one_does_not_hurt() -> None:
    around = "data/a.txt"

    def closure() -> str:
        return around + unset

    assert in_place(writes, closure) == ["data/a.txt"]
    unset = ""


def test_a_script_of_the_project_that_names_the_target_is_seen(folder: Path) -> None:
    Path("finish.sh").write_text("cat x >> data/a.txt\n")
    Path("clean.sh").write_text("rm tmp\n")
    assert in_place(writes, "sh finish.sh") == ["data/a.txt"]
    assert in_place(writes, ["sh", "finish.sh"]) == ["data/a.txt"]
    assert in_place(writes, "sh clean.sh") == []
    assert in_place(writes, "sh missing.sh 'open quote") == []


def test_an_option_that_spells_a_target_hands_it_over() -> None:
    option = {"name": "path", "default": "data/a.txt"}
    assert in_place(takes, params=[option]) == []
    assert in_place("cmd > %(path)s", params=[option]) == []


# Staged


def staged(of: Task) -> tuple[list[BaseAction], Staging, Raised]:
    places, raised = staging(of), Raised()
    return staged_actions(of, places, raised), places, raised


def test_copies_are_staged_and_the_tasks_own_actions_stay() -> None:
    made = task((takes, ["data/a.txt"], {"other": {"out": Path("data/a.txt")}}), ["cp", "x", OUT])
    (python, command), places, _ = staged(made)
    path = places.path(OUT)
    assert python.args == [path]
    assert python.kwargs == {"other": {"out": Path(path)}}
    assert command._action == ["cp", "x", path]
    assert isinstance(command, Command)
    assert made.actions[0].args == ["data/a.txt"]
    assert made.actions[1]._action == ["cp", "x", OUT]


def test_kinds_of_action_with_ways_of_their_own_keep_their_class() -> None:
    made = task(LongRunning("serve"), Own("x"))
    assert [type(action) for action in staged(made)[0]] == [LongRunning, Own]


def run(action: Any) -> tuple[Any, Raised, list[BaseAction]]:
    made = task(action)
    actions, _, raised = staged(made)
    made._action_instances = actions
    return made.execute(Stream(0)), raised, actions


def raising(error: BaseException) -> Callable[[], None]:
    def fails() -> None:
        raise error

    return fails


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("no"), ValueError, "no"),
        (SystemExit(0), ActionExitError, "the action called sys.exit(0)"),
        (SystemExit(), ActionExitError, "the action called sys.exit()"),
        (SystemExit("why"), ActionExitError, "the action called sys.exit('why')"),
        (asyncio.CancelledError(), ActionExitError, "the action raised CancelledError"),
    ],
)
def test_what_an_action_raises_is_a_failure_with_its_place(
    error: BaseException, kind: type, text: str
) -> None:
    failure, raised, _ = run(raising(error))
    assert isinstance(failure, TaskError)
    assert type(raised.exception) is kind
    assert str(raised.exception) == text
    traceback = raised.exception.__traceback__ if raised.exception else None
    names = []
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert "fails" in names


@pytest.mark.parametrize("returned", [None, True, "text", {"a": 1}])
def test_what_doit_takes_for_a_result_is_a_success(returned: Any) -> None:
    failure, raised, _ = run(lambda: returned)
    assert (failure, raised.exception, raised.function) == (None, None, None)


def test_any_other_result_is_a_failure_that_says_what_to_return() -> None:
    failure, raised, _ = run(lambda: [1, 2])
    assert isinstance(failure, TaskError)
    assert str(raised.exception).startswith("the action returned a value of type list: have it")


def test_the_function_that_returned_false_is_known() -> None:
    def check() -> bool:
        return False

    failure, raised, _ = run(check)
    assert isinstance(failure, TaskFailed)
    assert raised.function is check


def test_an_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


def test_what_makes_a_command_is_watched_too() -> None:
    failure, raised, actions = run(CmdAction(raising(ValueError("no text"))))
    assert failure_message(failure, actions) == (
        "CmdAction Error creating command string: ValueError: no text"
    )
    assert str(raised.exception) == "no text"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: False, "Python Task failed: "),
        (functools.partial(int.__eq__, 1, 2), "Python Task failed: int.__eq__ returned False"),
        ("exit 3", "Command failed: 'exit 3' returned 3"),
        ("exit 200", "Command error: 'exit 200' returned 200"),
        (lambda: [1], "PythonAction Error: datamake.actions.UnusableResultError: the action "),
        (
            "cat %(target)s",
            "the command 'cat %(target)s' asks for 'target': did you mean 'targets'",
        ),
        ("cat %(where)s", "the command 'cat %(where)s' asks for 'where': there are targets, "),
        ("false | cat", "Command failed: 'false | cat' returned 1"),
    ],
)
def test_the_message_of_a_failure_is_of_what_the_person_wrote(action: Any, message: str) -> None:
    failure, _, actions = run(action)
    told = failure_message(failure, actions)
    assert told.startswith(message)
    assert " at 0x" not in told


def test_results_and_outputs_name_the_target() -> None:
    def act(targets: list[str]) -> dict[str, Any]:
        sys.stdout.write(f"wrote {targets[0]}")
        return {"path": targets[0]}

    made = task(act)
    work = Work(made, staging(made), "token", Policy(), Audit("/", dict), os.getcwd(), Stream(0))
    acted = run_actions(work)
    assert acted.values == acted.result == {"path": OUT}
    assert acted.printed == [(f"wrote {OUT}", "")]
    assert made.targets == [OUT]


def test_an_action_that_asks_for_changed_updates() -> None:
    def add(changed: list[str]) -> None: ...

    assert updates(task(writes, add))
    assert updates(task("cmd %(changed)s"))
    assert not updates(task(writes, "cmd %(targets)s"))
