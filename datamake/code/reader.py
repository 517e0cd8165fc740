"""The reader of code: what a Python callable of a project means."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from datamake.code.gathering import Gathering, plain_name
from datamake.code.parts import Code, code_of
from datamake.code.project import Project
from datamake.code.reach import Reach
from datamake.modules import project_modules
from datamake.present import Present
from datamake.stamps import Stamp

_DIGITS = 16


class CodeReader:
    """Reads what callables mean: nothing is imported and nothing is run.

    Values that the code of a module does not spell out are those of the module as it is imported.

    Files are read once and kept as they were, so a reader serves one plan; make another to
    see edits. Not for use by several threads at once.
    """

    def __init__(self, root: str) -> None:
        """`root` is the project's folder; code from elsewhere counts by its name alone."""
        self._root = root
        self._present = Present(root)
        self._reach = Reach(Project(root), self._present)
        self._reading: dict[int, object] = {}
        self._lasting: dict[object, Code] = {}
        # Of what is held, by its id and those of all that is being read around it.
        self._within: dict[tuple[int, ...], tuple[object, Code]] = {}

    def of(self, function: Callable[..., Any]) -> Code:
        """The code that a callable runs, of the project's own, with the values it holds.

        Any callable will do: a function, a method, a class, a partial, an object with
        `__call__`. Without source, its instructions count.
        """
        self._present.look()
        known = self._lasting.get(function) if type(function) is FunctionType else None
        return self._read(function) if known is None else known

    def _read(self, function: Callable[..., Any]) -> Code:
        gathering = Gathering(self._reach, self)
        self._reading[id(function)] = function
        try:
            gathering.add(function)
        finally:
            del self._reading[id(function)]
            if not self._reading:
                self._within.clear()
        code = code_of(gathering.parts, gathering.values, held=gathering.held)
        # In a circle of code, what is read within it lacks what is being read around it.
        if not (code.held or self._reading) and _is_of_module(function):
            self._lasting[function] = code
        return code

    def look(self) -> None:
        """Read the files of all that is imported now, so that no later edit is taken for it."""
        for _, path in project_modules(self._root):
            self._reach.source(path)

    def is_as_read(self, path: str, stamp: Stamp | None) -> bool:
        """Whether a file had this stamp when it was read; true of what was not read."""
        source = self._reach.read(path)
        return source is None or source.stamp == stamp

    def grounds(self) -> tuple[list[str], dict[str, bool]]:
        """Return what all answers so far rest on: the files that were read, and for each path
        that a module might have had, whether something is there.
        """
        return self._reach.files(), dict(self._reach.project.probed)

    def held(self, value: Any) -> Code | None:
        """The code of something that code being read holds; None if it is that code."""
        if id(value) in self._reading:
            return None
        if not self._reading:
            return self.of(value)
        # A function asks twice for each that it captured, for its name and for its parts: with
        # functions that capture each other in a row each would double the work.
        key = (id(value), *self._reading)
        if key not in self._within:
            self._within[key] = value, self.of(value)
        return self._within[key][1]

    def named(self, value: Any) -> str:
        """A function's or class's name, with a digest of its code if it is the project's."""
        name = plain_name(value)
        code = self.held(value)
        if code is None:
            return f"{name}#"
        return name if list(code.sources) == [name] else f"{name}#{code.digest[:_DIGITS]}"

    def relative(self, text: str) -> str:
        """A text with the project's folder replaced by what stands for it wherever it lies."""
        return self._present.data.relative(text)


def _is_of_module(function: Callable[..., Any]) -> bool:
    """Whether a function is one that a module defines, and not made anew again and again."""
    return type(function) is FunctionType and "<locals>" not in function.__qualname__
