"""`doit dumpdb`: print the records of the store."""

from __future__ import annotations

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand


class DumpDB(DatamakeCommand, DoitCmdBase):
    """Print every record as JSON, a line each, for `jq` and the like."""

    only_looks = True
    name = "dumpdb"
    doc_purpose = "print the records, one JSON object a line"
    doc_usage = ""
    cmd_options = ()

    def _execute(self, pos_args: list[str]) -> int:
        if pos_args:
            raise InvalidCommand(f"`doit dumpdb` prints all records: {pos_args[0]!r} is too much")
        import json

        import msgspec

        for name, known in self.dep_manager.store.records():
            entry = {"stage": name, "attempt": known.attempt.value}
            if known.record is not None:
                entry |= msgspec.to_builtins(known.record)
            self.outstream.write(f"{json.dumps(entry)}\n")
        return 0
