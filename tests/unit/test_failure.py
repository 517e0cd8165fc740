"""What a person is shown of an exception."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import TaskError

from datamake import failure
from datamake.actions import ActionExitError, Raised, UnusableResultError
from datamake.staging import Declared, Staging

HERE = os.path.abspath(__file__)


def caught(function: Any, *arguments: Any) -> BaseException:
    try:
        function(*arguments)
    except (ValueError, OSError, SyntaxError) as error:
        return error
    raise AssertionError("nothing was raised")


def parse(text: str) -> Any:
    return json.loads(text)


def clean(text: str) -> Any:
    return parse(text)


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Staging:
    monkeypatch.chdir(tmp_path)
    return Staging(["data/a.txt"], Declared(str(tmp_path)))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, ""),
        (ValueError("no"), "ValueError: no"),
        (ValueError("one\ntwo"), "ValueError: one\ntwo"),
        (KeyError("a"), "KeyError: 'a'"),
        (MemoryError(), "MemoryError"),
        (ActionExitError("the action called sys.exit(1)"), "the action called sys.exit(1)"),
    ],
)
def test_an_exception_in_words(error: BaseException | None, text: str) -> None:
    assert failure.describe_failure(error) == text


def test_an_exception_that_can_not_say_what_it_is_still_has_its_kind() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert failure.describe_failure(MuteError()) == "MuteError"


def test_the_places_are_the_persons_own_outermost_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.path.dirname(HERE))
    frames = failure.project_frames(caught(clean, "{"))
    assert [place.rpartition(", in ")[2] for place, _ in frames] == ["caught", "clean", "parse"]
    place, line = frames[-1]
    assert place.startswith("test_failure.py:")
    assert line == "return json.loads(text)"
    assert failure.project_frames(None) == ()


def test_one_line_has_the_innermost_own_place_and_the_message() -> None:
    line = failure.project_error(caught(clean, "{"))
    assert "test_failure.py" in line
    assert ", in parse: JSONDecodeError: " in line
    broken = caught(compile, "def f(:", "dodo.py", "exec")
    assert failure.project_error(broken) == "dodo.py:1: SyntaxError: invalid syntax"


@pytest.mark.parametrize(
    ("filename", "own"),
    [
        (HERE, True),
        ("dodo.py", True),
        ("<string>", False),
        ("<frozen importlib._bootstrap>", False),
        (json.__file__, False),
        (failure.__file__, False),
        (pytest.__file__, False),
        ("/usr/lib/python3/dist-packages/six.py", False),
    ],
)
def test_libraries_doit_and_datamake_are_not_the_persons_own(filename: str, own: bool) -> None:
    assert failure.is_project_code(filename) is own


def told_of(error: BaseException, staging: Staging) -> str:
    raised = Raised()
    raised.exception = error
    return failure.told(TaskError("it failed"), raised, [], staging).traceback


def test_the_whole_traceback_is_kept_with_targets_for_staged_paths(staging: Staging) -> None:
    error = caught(open, staging.path("data/a.txt"))
    path = failure.write_traceback(told_of(error, staging), "group:a/b")
    assert path == ".datamake/failed/group:a%2Fb/traceback.txt"
    text = Path(path).read_text()
    assert text.endswith("FileNotFoundError: [Errno 2] No such file or directory: 'data/a.txt'\n")
    assert failure.write_traceback("", "a") == ""


def test_a_traceback_of_any_text_can_be_written_and_a_full_disk_is_no_second_failure(
    staging: Staging,
) -> None:
    error = ValueError("lone \ud800 and \udcff")
    assert "lone" in Path(failure.write_traceback(told_of(error, staging), "a")).read_text()
    Path(".datamake/failed/b").write_text("a file in the place of the folder")
    assert failure.write_traceback(told_of(error, staging), "b") == ""


def test_who_looks_for_a_target_too_early_gets_a_hint(staging: Staging) -> None:
    assert "data/a.txt is where `targets` says" in failure.hint(caught(open, "data/a.txt"), staging)
    assert failure.hint(caught(open, "data/b.txt"), staging) == ""
    assert failure.hint(ValueError(), staging) == ""
    assert failure.hint(None, staging) == ""


def test_a_call_that_does_not_fit_is_told_with_the_function_and_what_it_may_ask_for(
    staging: Staging,
) -> None:
    raised = Raised()
    raised.function = functools.partial(told_of)
    raised.exception = TypeError("told_of() missing 1 required positional argument: 'target'")
    told = failure.told(TaskError("it failed"), raised, [], staging)
    assert "it is handed dependencies, targets" in told.what
    ((place, line),) = told.where
    assert "test_failure.py" in place
    assert place.endswith(", in told_of")
    assert line.startswith("def told_of(")


def test_a_result_that_will_not_do_has_the_function_and_no_traceback(staging: Staging) -> None:
    raised = Raised()
    raised.function, raised.exception = told_of, UnusableResultError("the action returned a list")
    told = failure.told(TaskError("it failed"), raised, [], staging)
    assert (told.what, told.traceback) == ("the action returned a list", "")
    assert told.where[0][1].startswith("def told_of(")


@pytest.mark.parametrize("function", [None, len, os.path.join, functools.partial(print, 1)])
def test_a_function_of_somebody_else_has_no_place(function: Any) -> None:
    assert failure.definition(function) == ()
