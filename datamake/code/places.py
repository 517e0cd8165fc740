"""Where a function stands in its file: the node in the syntax tree for a code object."""

import ast
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import NamedTuple, TypeAlias

from datamake.code.source import Source, first_line

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Around: TypeAlias = tuple[ast.AST, ...]


class Place(NamedTuple):
    """Where a function stands.

    `node` is the function, or the outermost class around it when it is a method. `name` is
    the definition of the module that the node belongs to, None when the node stands inside
    a function, a loop or an expression: then one node makes many functions.
    """

    node: ast.stmt | ast.expr
    name: str | None


class Places:
    """The functions of one source file, found by their code."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._starts = [first_line(node) for node in source.tree.body]
        self._running: dict[tuple[str, int], list[CodeType]] | None = None

    def find(self, code: CodeType) -> Place | None:
        """The place of the function that runs `code`; None if the file shows another one.

        A file that may have been edited after it was imported is compiled to compare.
        """
        found = list(_functions(self._statements(code.co_firstlineno), code, ()))
        if len(found) > 1:
            found = [(node, around) for node, around in found if _is_at(node, code)]
        if len(found) != 1 or (self._source.may_be_newer and not self._still_runs(code)):
            return None
        node: ast.stmt | ast.expr = found[0][0]
        around = found[0][1]
        while around and isinstance(around[-1], ast.ClassDef):
            node, around = around[-1], around[:-1]
        return Place(node, None if around else self._name(node))

    def find_class(self, qualified: str) -> ast.ClassDef | None:
        """The class which a function defines, by its qualified name; None if in doubt."""
        nodes: list[ast.AST] = [self._source.tree]
        for name in qualified.replace(".<locals>", "").split("."):
            inner = (found for node in nodes for found in ast.walk(node) if found is not node)
            nodes = [node for node in inner if getattr(node, "name", None) == name]
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        return classes[0] if len(classes) == 1 else None

    def _statements(self, line: int) -> Iterator[ast.stmt]:
        """The top-level statements that have the line; more than one only after a `;`."""
        body = self._source.tree.body
        for index in range(bisect_right(self._starts, line) - 1, -1, -1):
            if (body[index].end_lineno or 0) < line:
                return
            yield body[index]

    def _name(self, node: ast.stmt | ast.expr) -> str | None:
        name = getattr(node, "name", "")
        for binding in self._source.definitions.get(name, []):
            if binding.node is node:
                repeats = any(header.word in {"for", "while"} for header in binding.headers)
                return None if repeats else name
        return None

    def _still_runs(self, code: CodeType) -> bool:
        if self._running is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = compile(self._source.tree, self._source.path, "exec", dont_inherit=True)
            self._running = {}
            for inner in _codes(module):
                key = (inner.co_qualname, inner.co_firstlineno)
                self._running.setdefault(key, []).append(inner)
        return code in self._running.get((code.co_qualname, code.co_firstlineno), [])


def _functions(
    nodes: Iterable[ast.AST], code: CodeType, around: _Around
) -> Iterator[tuple[_Function, _Around]]:
    """The functions which look like the code's, each with the scopes it stands in."""
    line = code.co_firstlineno
    for node in nodes:
        end = getattr(node, "end_lineno", None)
        if end is not None and not first_line(node) <= line <= end:
            continue
        inner = around
        if isinstance(node, _Function):
            if _looks_like(node, code):
                yield node, around
            inner = (*around, node)
        elif isinstance(node, ast.ClassDef):
            inner = (*around, node)
        yield from _functions(ast.iter_child_nodes(node), code, inner)


def _looks_like(node: _Function, code: CodeType) -> bool:
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    starred = [it for it in (arguments.vararg, arguments.kwarg) if it is not None]
    names = [argument.arg for argument in [*plain, *starred]]
    return (
        name == code.co_name
        and first_line(node) == code.co_firstlineno
        and len(plain) == code.co_argcount + code.co_kwonlyargcount
        # A private name within a class is prefixed with the name of the class.
        and all(map(str.endswith, code.co_varnames, names))
    )


def _is_at(node: _Function, code: CodeType) -> bool:
    """Tell lambdas on one line apart: some instruction stands for the whole body."""
    if not isinstance(node, ast.Lambda):
        return False
    body = node.body
    whole = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
    return whole in set(code.co_positions())


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)
