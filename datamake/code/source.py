"""One source file of a project: parsed once, with the definitions that it holds."""

import ast
import importlib.util
import os
import textwrap
import time
import warnings
from functools import cached_property

from datamake.code.definitions import (
    OTHER,
    Binding,
    Header,
    Names,
    collect,
    names_set_by_functions,
)
from datamake.stamps import Stamp, stamp_of

# A file written later than this may have been written after it was imported.
_STARTED_NS = time.time_ns()


class Source:
    """A file as it was when it was first looked at.

    A file that cannot be read or parsed has an empty tree and one definition, its whole
    text, under the name `OTHER`.
    """

    def __init__(self, path: str, label: str) -> None:
        self.path = path
        self.label = label
        self.text, self.stamp = _content(path)
        written = self.stamp.mtime_ns if self.stamp is not None else 0
        self.may_be_newer = written >= _STARTED_NS
        self._lines = self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree. It is shared and must not be changed."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # whoever imports the file hears them
                return ast.parse(self.text, self.path)
        except (SyntaxError, ValueError):
            return ast.Module([], [])

    @cached_property
    def definitions(self) -> Names:
        """All names which the module's own statements give a value."""
        if not self.tree.body:
            return {OTHER: [Binding((Header(self.text, ()),), binds=False)]}
        names = collect(self.tree)
        if "global " in self.text:
            for name, bindings in names_set_by_functions(self.tree).items():
                names.setdefault(name, []).extend(bindings)
        return names

    @cached_property
    def _public(self) -> frozenset[str] | None:
        """The names in `__all__` when it is a plain list; None when there is no telling."""
        bindings = self.definitions.get("__all__", [])
        if len(bindings) != 1 or not isinstance(bindings[0].node, ast.Assign):
            return None
        try:
            return frozenset(ast.literal_eval(bindings[0].node.value))
        except (ValueError, TypeError):
            return None

    def exports(self, name: str) -> bool:
        """Whether a star import of this module may bring the name."""
        if self._public is not None:
            return name in self._public
        return not name.startswith("_")

    def node_text(self, node: ast.stmt | ast.expr) -> str:
        """The text of a node as the file has it, without the indentation around it."""
        if isinstance(node, ast.expr):
            return ast.get_source_segment(self.text, node) or ""
        return textwrap.dedent("\n".join(self._lines[first_line(node) - 1 : node.end_lineno]))

    def definition_text(self, name: str) -> str:
        """The text of all that makes up a definition, below the headers that govern it."""
        return "\n".join(self._binding_text(name, it) for it in self.definitions[name])

    def _binding_text(self, name: str, binding: Binding) -> str:
        lines = [f"{'    ' * depth}{header}:" for depth, header in enumerate(binding.headers)]
        if binding.imported is not None:
            inside = _import_text(name, binding)
        else:
            inside = self.node_text(binding.node) if binding.node is not None else ""
        if inside:
            lines.append(textwrap.indent(inside, "    " * len(lines)))
        return "\n".join(lines)


def first_line(node: ast.AST) -> int:
    """The line where a definition starts, decorators included, as code objects count it."""
    decorators = getattr(node, "decorator_list", None)
    line: int = getattr(decorators[0] if decorators else node, "lineno", 0)
    return line


def _import_text(name: str, binding: Binding) -> str:
    level, module, names = binding.imported or (0, "", ())
    origin, own = "." * level + module, (names or (module,))[-1]
    text = f"from {origin} import {own}" if names else f"import {origin}"
    return text if name == own else f"{text} as {name}"


def _content(path: str) -> tuple[str, Stamp | None]:
    try:
        with open(path, "rb") as file:
            stamp = stamp_of(os.fstat(file.fileno()))
            return importlib.util.decode_source(file.read()), stamp
    except (OSError, SyntaxError, UnicodeDecodeError):
        return "", None
