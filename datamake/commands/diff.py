"""`doit diff`: what differs between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere, opt_json

if TYPE_CHECKING:
    from datamake.history import History
    from datamake.past import PastRun


class Diff(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Show what differs between two runs: code, arguments, inputs and outputs."""

    only_looks = True
    prunes = True  # tasks are not asked for
    name = "diff"
    doc_purpose = "show what differs between two runs"
    doc_usage = "[[RUN] RUN]"
    doc_description = (
        "One run is compared with the one before it; without any, it is the last run. A run"
        " attempts what is stale alone: a task that it did not attempt stood as the last good"
        " attempt until then had left it. `doit history` shows the runs."
    )
    cmd_options = (opt_json,)

    def _execute(self, as_json: bool, pos_args: list[str]) -> int:
        from datamake.comparison import compare
        from datamake.show import answers
        from datamake.show.difference import difference_lines

        history = self.dep_manager.store.history
        runs = self._two(history, pos_args)
        stages = compare(history, *runs)
        if as_json:
            answer = answers.difference(runs, stages, history.source)
            self.outstream.write(answers.encoded(answer))
            return 0
        lines = difference_lines(runs, stages, history.source)
        self.outstream.writelines(f"{line}\n" for line in lines)
        return 0

    def _two(self, history: History, names: list[str]) -> tuple[PastRun, PastRun]:
        if len(names) > 2:
            raise InvalidCommand("`doit diff` takes two runs: type `doit diff RUN RUN`")
        if len(names) == 2:
            return self._run(history, names[0]), self._run(history, names[1])
        second = self._run(history, names[0]) if names else next(history.runs(1), None)
        if second is None:
            raise InvalidCommand("there is nothing to compare: nothing was built here yet")
        before = history.before(second.id)
        first = None if before is None else history.run(before)
        if first is None:
            raise InvalidCommand(f"run {second.id} is the first one: there is none before it")
        return first, second

    def _run(self, history: History, name: str) -> PastRun:
        found = history.run(int(name)) if name.isascii() and name.isdecimal() else None
        if found is not None:
            return found
        last = next(history.runs(1), None)
        there = "nothing was built here yet" if last is None else f"the last one is {last.id}"
        raise InvalidCommand(f"there is no run {name}: {there}. `doit history` shows the runs")
