"""What a person needs to see of an exception: what it says, and where in their own code."""

from __future__ import annotations

import os
import sysconfig
import traceback

from datamake.actions import ActionExit

OWN_CODE = os.path.dirname(os.path.abspath(__file__)) + os.sep
LIBRARIES = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")}
)


def describe_failure(error: BaseException | None) -> str:
    """Return the kind and the message of an exception, "" if there is none."""
    if error is None:
        return ""
    if isinstance(error, ActionExit):
        return str(error)
    message = str(error)
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
        if _is_own(frame.filename)
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


def _is_own(filename: str) -> bool:
    path = os.path.abspath(filename)
    return not filename.startswith("<") and not path.startswith((OWN_CODE, *LIBRARIES))


def _relative(filename: str) -> str:
    path = os.path.relpath(filename)
    return filename if path.startswith("..") else path
