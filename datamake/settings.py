"""What a command has its dependency manager do: where the store lies, how stages are judged."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from datamake.policy import Policies


class Settings(Struct, frozen=True):
    """Where the store lies, how files are compared (a class as doit's option gives it), how
    saved values become text, how stages are to be run, and with what values of parameters.

    `always` makes every stage stale. Without `make`, a project that has no store gets none.
    `wait` bounds in seconds how long the store is waited for where another program holds it.
    """

    path: str
    checker: type
    codec: type
    policies: Policies
    parameters: Callable[[str], str]
    always: bool = False
    make: bool = True
    wait: float | None = None
