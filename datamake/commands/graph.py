"""`doit graph`: the dependency graph with the present state, as a picture or an outline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from doit.cmd_base import DoitCmdBase
from doit.exceptions import InvalidCommand
from doit.task import Task

from datamake import graph
from datamake.commands.base import DatamakeCommand
from datamake.commands.graph_options import OPTIONS, GraphOptions
from datamake.commands.options import OptionsAnywhere, width_of
from datamake.control import Control
from datamake.model import State
from datamake.planner import Planner
from datamake.show.stream import say

# What draws is imported when something is drawn: doit imports each command for its help.
if TYPE_CHECKING:
    from datamake.picture.model import Judged, Part, Picture

MANY_NODES = 2_000


class Graph(OptionsAnywhere, DatamakeCommand, DoitCmdBase):
    """Draw the stages, their files and how they stand."""

    only_looks = True
    name = "graph"
    doc_purpose = "draw the dependency graph with the present state"
    doc_usage = "[TASK/TARGET...] [NAME=VALUE...]"
    doc_description = "Without a task: all of them. Nothing is run or changed."
    cmd_options = OPTIONS

    def _execute(self, pos_args: list[str]) -> int:
        from datamake.picture.assembly import Wish, assemble
        from datamake.picture.formats import FormatError, chosen

        options = GraphOptions.of(self._params)
        to_file = options.output not in ("", "-")
        try:
            name = chosen(options.output, options.format) if to_file or options.format else "txt"
        except FormatError as error:
            raise InvalidCommand(str(error)) from error
        shown, judged = self._judged(pos_args, options.depths, durations=options.durations)
        picture = assemble(shown, judged, Wish(files=not options.stages, limit=options.fold))
        _advise(picture, name, files=not options.stages)
        self._write(picture, name, options.output if to_file else "")
        return 0

    def _judged(
        self, names: list[str], depths: tuple[int, int], *, durations: bool
    ) -> tuple[dict[str, Part], dict[str, Judged]]:
        """Return the parts to be shown, upstream first, and how they stand."""
        control = self._control(names)
        selected = control.selected_tasks
        wanted = self._wanted(control, selected, depths)
        # A creator that runs later may make tasks that belong to the picture too.
        later = any(task.loader for task in control.tasks.values())
        control.selected_tasks = list(control.tasks) if later else list(wanted)
        missing = self.loader.creators.missing
        planner = Planner(control, self.dep_manager, self.loader.root, missing)
        judged: dict[str, Judged] = {}
        for task, verdict in planner.verdicts():
            judged[task.name] = self._one(task, verdict, planner.states, durations=durations)
        if later:
            wanted = self._wanted(control, selected if names else list(control.tasks), depths)
        return {name: wanted[name] for name in judged if name in wanted}, judged

    def _control(self, names: list[str]) -> Control:
        """Return doit's control of all tasks. Raises doit's errors for what can't be drawn."""
        control = Control(self.task_list)
        control.choose(names)
        missing = self.loader.creators.missing.keys() & set(control.selected_tasks)
        if names and missing:
            raise InvalidCommand(self.loader.creators.needs(min(missing)))
        graph.in_order(control.tasks, control.tasks)
        return control

    def _wanted(
        self, control: Control, selected: list[str], depths: tuple[int, int]
    ) -> dict[str, Part]:
        from datamake.picture.parts import parts, with_members
        from datamake.picture.selection import around

        found = parts(control.tasks, self.loader.root)
        if len(selected) == len(found):
            return found
        up, down = depths
        return around(with_members(selected, found), found, up=up, down=down)

    def _one(
        self, task: Task, verdict: Any, states: Mapping[str, State], *, durations: bool
    ) -> Judged:
        from datamake.picture.model import Judged

        record = self.dep_manager.judge.known(task).record if durations else None
        seconds = None if record is None else record.seconds
        return Judged(states[task.name], verdict.reasons, verdict.waits_for, seconds)

    def _write(self, picture: Picture, name: str, output: str) -> None:
        from datamake.picture.as_image import DrawingError
        from datamake.picture.as_text import outline
        from datamake.picture.formats import encoded

        is_terminal = self.outstream.isatty()
        if name == "txt" and not output:
            width = width_of(self.outstream)
            coloured = is_terminal and not os.environ.get("NO_COLOR")
            self.outstream.write(outline(picture, width=width, coloured=coloured))
            return
        if name == "png" and not output and is_terminal:
            raise InvalidCommand("a terminal shows no PNG: name a file with -o")
        try:
            content = encoded(picture, name)
        except DrawingError as error:
            raise InvalidCommand(str(error)) from error
        if output:
            _put(output, content)
        else:
            self.outstream.flush()
            self.outstream.buffer.write(content)


def _put(path: str, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise InvalidCommand(f"{path} can't be written: {error.strerror}") from error
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def _advise(picture: Picture, name: str, *, files: bool) -> None:
    """Say what would make a picture that is too large smaller."""
    from datamake.picture.as_mermaid import MOST_EDGES

    instead = "`--stages`, a selection or a smaller `--fold`" if files else "a selection"
    nodes, edges = len(picture.nodes), len(picture.edges)
    if nodes > MANY_NODES:
        say(f"a picture of {nodes:,} boxes is hard to read: {instead} makes it smaller")
    elif name == "mmd" and edges > MOST_EDGES:
        say(f"Mermaid draws at most {MOST_EDGES} arrows, here are {edges:,}: {instead} helps")
