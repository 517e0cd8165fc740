"""`doit forget`: drop what is recorded of tasks."""

from doit.cmd_forget import Forget as DoitForget

from datamake.commands.base import DatamakeCommand


class Forget(DatamakeCommand, DoitForget):  # type: ignore[misc]
    """Forget tasks: they count as never built, and are ignored no longer."""
