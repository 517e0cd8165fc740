"""What a person needs to see of an exception: what it says, and where in their own code."""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import sysconfig
import traceback
from collections.abc import Callable
from typing import Any

from doit.action import BaseAction
from doit.exceptions import BaseFail
from msgspec import Struct

from datamake import keep
from datamake.actions import (
    ActionExitError,
    NotAwaitedError,
    Raised,
    UnusableResultError,
    failure_message,
    underlying,
)
from datamake.interruption import LeftByExit, TookTooLong
from datamake.sharing import make_folders
from datamake.staged_values import unstaged
from datamake.staging import Staging

OWN_CODE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# Of so many files it is remembered whose they are: stages reach the same code again and again.
MOST_FILES = 256
LIBRARIES = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")}
)

HANDED = "it is handed dependencies, targets, changed, task and progress, if it names them so"

# Of these the message says it all.
SPEAKING = (ActionExitError, NotAwaitedError, UnusableResultError, TookTooLong, LeftByExit)


class Told(Struct, frozen=True):
    """A failure as a person is told it: what, where in their own code, the whole traceback.

    `where` is as `project_frames` has it; `traceback` is "" where nothing was raised.
    """

    what: str
    where: tuple[tuple[str, str], ...] = ()
    traceback: str = ""


def describe_failure(error: BaseException | None) -> str:
    """Return the kind and the message of an exception, "" if there is none."""
    if error is None:
        return ""
    if isinstance(error, SPEAKING):
        return str(error)
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - a person's own class may fail at that, too
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def project_frames(error: BaseException | None) -> tuple[tuple[str, str], ...]:
    """Return the places in the person's own code that an exception passed, outermost first.

    Each is ("tasks/squares.py:14, in square", "the line of code"). Code of libraries, of doit
    and of datamake is left out.
    """
    if error is None:
        return ()
    frames = traceback.extract_tb(error.__traceback__)
    return tuple(
        (f"{_relative(frame.filename)}:{frame.lineno}, in {frame.name}", frame.line or "")
        for frame in frames
        if is_project_code(frame.filename)
    )


def project_error(error: BaseException) -> str:
    """Return an exception and its innermost place in the person's own code, in one line."""
    place = ""
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{_relative(error.filename)}:{error.lineno}"
        return f"{place}: {type(error).__name__}: {error.msg}"
    frames = project_frames(error)
    if frames:
        place = f"{frames[-1][0]}: "
    return place + describe_failure(error)


def definition(function: Callable[..., Any] | None) -> tuple[tuple[str, str], ...]:
    """Return where a function of the person's own is defined, as `project_frames` has places."""
    code = function and getattr(inspect.unwrap(underlying(function)), "__code__", None)
    if code is None or not is_project_code(code.co_filename):
        return ()
    line = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    place = f"{_relative(code.co_filename)}:{code.co_firstlineno}, in {code.co_name}"
    return ((place, line),)


def told(failure: BaseFail, raised: Raised, actions: list[BaseAction], staging: Staging) -> Told:
    """Return what is to be told of failed actions; `raised` is what one of them raised."""
    error = raised.exception
    what = describe_failure(error) if error else failure_message(failure, actions)
    text = "".join(traceback.format_exception(error)) if error else ""
    if isinstance(error, UnusableResultError):
        text = ""
    # A call that does not fit, and a result that won't do, pass no line of the function's own.
    return Told(
        unstaged(staging, what) + hint(error, staging),
        project_frames(error) or definition(raised.function),
        unstaged(staging, text),
    )


def write_traceback(text: str, stage_name: str) -> str:
    """Write an exception's whole traceback beside what the stage left; return the file's path.

    "" if there is none, or it can't be written.
    """
    if not text:
        return ""
    path = os.path.join(keep.failed_folder(stage_name), "traceback.txt")
    try:
        make_folders(os.path.dirname(path))
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return ""
    return path


def hint(error: BaseException | None, staging: Staging) -> str:
    """Return what to know of a call without arguments, or of a target that is looked for early."""
    if isinstance(error, TypeError) and "() missing " in str(error) and not project_frames(error):
        return f" ({HANDED})"
    if not isinstance(error, FileNotFoundError):
        return ""
    target = staging.find(error.filename)
    if target is None or target.in_place:
        return ""
    return f" (until the stage is built, {target.name} is where `targets` says)"


def is_project_code(filename: str) -> bool:
    """Whether a file is of the person's own code: not of datamake, doit or another library."""
    if filename.startswith("<"):
        return False
    # What its folder is counts only for a relative name.
    whole = filename if filename.startswith(os.sep) else os.path.abspath(filename)
    return _is_of_nobody_else(whole)


@functools.lru_cache(MOST_FILES)
def _is_of_nobody_else(name: str) -> bool:
    path = os.path.normpath(name)
    if path.startswith((OWN_CODE, *LIBRARIES)):
        return False
    return not {"site-packages", "dist-packages"} & set(path.split(os.sep))


def _relative(filename: str) -> str:
    path = os.path.relpath(filename)
    return filename if path.startswith("..") else path
