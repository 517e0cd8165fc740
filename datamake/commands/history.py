"""`doit history`: past runs, the attempts at a stage, and where a file comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand

from datamake.commands.base import DatamakeCommand
from datamake.commands.options import OptionsAnywhere, opt_json, width_of
from datamake.paths import canonical
from datamake.spelling import hint

# What looks back is imported when somebody does: doit imports each command for its help.
if TYPE_CHECKING:
    from datamake.history import History as Memory
    from datamake.past import PastRun
    from datamake.provenance import Memory as FileMemory
    from datamake.store_rows import Underway

MOST = 20

opt_most = {
    "name": "most",
    "short": "n",
    "long": "most",
    "type": int,
    "default": MOST,
    "help": "how many runs or attempts to show, 0 for all [default: %(default)s]",
}


class History(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Show what was: runs, attempts, and what a file was made of."""

    only_looks = True
    prunes = True  # of tasks no more is needed than what they are called and make
    name = "history"
    doc_purpose = "show past runs, attempts at a task, or where a file comes from"
    doc_usage = "[RUN | TASK | FILE]"
    doc_description = (
        "Without a name: the last runs. A number is a run: its tasks, failures first. A task: the"
        " attempts at it. A file: what made it, with which arguments and inputs, back to the raw"
        " data, and whether each is still as it was."
    )
    cmd_options = (opt_most, opt_json)

    def _execute(self, most: int, as_json: bool, pos_args: list[str]) -> int:
        if len(pos_args) > 1:
            raise InvalidCommand("`doit history` takes one run, task or file")
        if most < 0:
            raise InvalidCommand(f"-n {most} is no number of runs")
        history = self.dep_manager.store.history
        self._as_json, self._most = as_json, most or None
        if not pos_args:
            return self._runs(history)
        name = pos_args[0]
        run = history.run(int(name)) if name.isascii() and name.isdecimal() else None
        if run is not None:
            return self._run(history, run)
        if name in self.tasks or any(history.attempts_below(name, 1)):
            return self._attempts(history, name)
        path = canonical(name, self.loader.root)
        memory = self._file_memory()
        if memory.knows(path) or os.path.lexists(path):
            return self._file(memory, path)
        raise InvalidCommand(self._unknown(history, memory, name))

    def _runs(self, history: Memory) -> int:
        from datamake.show import answers
        from datamake.show.past_runs import run_lines

        runs = list(history.runs(self._most))
        if self._as_json:
            return self._answer({"runs": [answers.run(run) for run in runs]})
        if not runs:
            return self._write(["nothing was built here yet"])
        return self._write(run_lines(runs, width_of(self.outstream)))

    def _run(self, history: Memory, run: PastRun) -> int:
        from datamake.show import answers
        from datamake.show.past_runs import Wish, one_run_lines

        underway = self._underway(run)
        attempts = list(history.attempts(run.id))
        if self._as_json:
            return self._answer(answers.one_run(run, attempts, underway, history))
        wish = Wish(self._most, width_of(self.outstream))
        return self._write(one_run_lines(run, attempts, underway, wish))

    def _underway(self, run: PastRun) -> list[Underway]:
        """Return what a run is building, or was when it died, if nobody has cleared that since."""
        if run.ended is not None:
            return []
        return [u for u in self.dep_manager.store.leases.running() if u.process == run.process]

    def _attempts(self, history: Memory, name: str) -> int:
        from datamake.show import answers
        from datamake.show.past_runs import stage_lines

        attempts = list(history.attempts_below(name, self._most))
        if self._as_json:
            told = [answers.attempt(attempt, history) for attempt in attempts]
            return self._answer({"stage": name, "attempts": told})
        if not attempts:
            return self._write([f"{name} was not built yet, as far as is remembered"])
        runs = {number: history.run(number) for number in {each.run for each in attempts}}
        known = {number: run for number, run in runs.items() if run is not None}
        return self._write(stage_lines(attempts, known, width_of(self.outstream)))

    def _file(self, memory: FileMemory, path: str) -> int:
        from datamake.provenance import trace
        from datamake.show import answers
        from datamake.show.origins import origin_lines

        origins = trace(memory, path)
        if self._as_json:
            return self._answer({"file": path, "origins": [answers.origin(o) for o in origins]})
        return self._write(origin_lines(origins))

    def _file_memory(self) -> FileMemory:
        from datamake.makers import Makers
        from datamake.provenance import Memory

        declared = Makers(self.task_list, self.loader.root).made
        dependency = self.dep_manager
        return Memory(dependency.store, dependency.judge.checker, declared)

    def _unknown(self, history: Memory, memory: FileMemory, name: str) -> str:
        if name.isdecimal():
            last = next(history.runs(1), None)
            there = "nothing was built here yet" if last is None else f"the last one is {last.id}"
            return f"there is no run {name}: {there}. `doit history` shows the runs"
        known = [*self.tasks, *history.stages(), *memory.paths()]
        return (
            f"{name!r} is neither a run, a task nor a file{hint(name, known, '.')}"
            " `doit history` shows the runs, `doit list` the tasks"
        )

    def _answer(self, answer: Any) -> int:
        from datamake.show.answers import encoded

        self.outstream.write(encoded(answer))
        return 0

    def _write(self, lines: Iterable[str]) -> int:
        self.outstream.writelines(f"{line}\n" for line in lines)
        return 0
