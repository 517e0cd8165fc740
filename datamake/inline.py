"""Who runs actions where one stage is built at a time: this thread, while the others wait."""

from __future__ import annotations

from contextlib import AbstractContextManager

from doit.action import BaseAction
from doit.task import Stream, Task

from datamake.acting import Acted, Acting, Work, act
from datamake.call import Call
from datamake.capture import captured
from datamake.outputs import Outputs, Redirected
from datamake.voice import named, speaking

# With this verbosity a stage has the terminal to itself, unless its name is put before its lines.
ITS_OWN = 2


class Inline:
    """Stands in the place of an executor. A future for what is done already would be dear.

    Where there are `outputs`, what actions write past Python is taken from them.
    """

    def __init__(self, outputs: Outputs | None = None) -> None:
        self._outputs = outputs

    def act(self, work: Work) -> Acted:
        """Run the actions, and return what became of them."""
        if self._outputs is None or not is_redirected(work.task, work.stream):
            return act(work)
        with speaking(work.task, work.stream):
            return _Acting(work, self._outputs).run()


def is_redirected(task: Task, stream: Stream) -> bool:
    """Whether the outputs of the process are not to be those of a task's actions."""
    if task.io.capture is not True:
        return False
    return named(task, stream) or stream.effective_verbosity(task.verbosity) < ITS_OWN


class _Acting(Acting):
    """The actions of one attempt, with files in the place of the outputs that the run has, too."""

    def __init__(self, work: Work, outputs: Outputs) -> None:
        super().__init__(work)
        self._outputs = outputs

    def staged(self) -> list[BaseAction]:
        """Return the staged actions; those that bring their own way of running keep it."""
        actions = super().staged()
        for action in actions:
            if type(action) is Call:
                action.__class__ = Redirected
                action.outputs = self._outputs
        return actions

    def captured(self) -> AbstractContextManager[Stream]:
        """Log and show what is written in the block, past Python too."""
        work = self.work
        return captured(work.log, work.task, work.stream, self.acted.notes, self._outputs)

    def behind(self, *, built: bool) -> None:
        """Take back what the actions changed of the process."""
        self._outputs.restore()
        self._outputs.renew()  # not before: files that actions open are watched
        super().behind(built=built)
