"""`doit ignore`: pass over tasks until they are forgotten."""

from doit.cmd_ignore import Ignore as DoitIgnore

from datamake.commands.base import DatamakeCommand


class Ignore(DatamakeCommand, DoitIgnore):
    """Mark tasks to be passed over."""
