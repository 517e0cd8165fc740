"""What each name of a module is made of: every top-level statement that gives it a value."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from datamake.code.scope import Imported, chain_of, imported_names


class Header(NamedTuple):
    """A line that decides whether, or how often, the statements below it run."""

    word: str
    expressions: tuple[ast.AST, ...]

    def __str__(self) -> str:
        return " ".join([self.word, *map(ast.unparse, self.expressions)])


class Binding(NamedTuple):
    """One statement that says what a name is, below its headers.

    `node` is None when the name is imported, or bound by the last header. `binds` is False
    for a statement that changes the value and leaves the name alone.
    """

    headers: tuple[Header, ...]
    node: ast.stmt | None = None
    imported: Imported | None = None
    binds: bool = True


Names: TypeAlias = dict[str, list[Binding]]

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

STARS = "*"
"""The name under which a module's star imports are kept."""

OTHER = ""
"""The name under which statements are kept that name nothing they change."""


def collect(tree: ast.Module) -> Names:
    """Every name that a module gives a value at its top level, with all that shapes it.

    A condition, loop or handler around a statement counts as a part of it. A statement that
    changes a value in place (`TABLE["a"] = 1`, `numpy.random.seed(0)`) counts for its name.
    """
    collection = _Collection()
    collection.block(tree.body, ())
    return collection.finish()


def names_set_by_functions(tree: ast.Module) -> Names:
    """Names that functions declare as `global`: the function tells what they are."""
    names: Names = {}
    for statement in tree.body:
        for node in ast.walk(statement):
            for name in node.names if isinstance(node, ast.Global) else ():
                bindings = names.setdefault(name, [])
                if not any(binding.node is statement for binding in bindings):
                    bindings.append(Binding((), statement))
    return names


class _Collection:
    def __init__(self) -> None:
        self.names: Names = {}
        self.registered: list[tuple[str, Binding]] = []

    def finish(self) -> Names:
        # `@app.task` makes a function part of `app`; `@functools.cache` does not change
        # functools, so an imported name is left alone.
        for name, binding in self.registered:
            bindings = self.names.get(name, [])
            if bindings and all(known.imported is None for known in bindings):
                bindings.append(binding)
        return self.names

    def block(self, body: Iterable[ast.stmt], headers: tuple[Header, ...]) -> None:
        for statement in body:
            self._statement(statement, headers)

    def _statement(self, node: ast.stmt, headers: tuple[Header, ...]) -> None:
        if isinstance(node, _Definition):
            self._definition(node, headers)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name, imported in imported_names(node):
                self._add(name, Binding(headers, imported=imported))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
            self._assignment(node, headers)
        elif isinstance(node, ast.Expr):
            self._expression(node, headers)
        elif not self._compound(node, headers):
            self._add(OTHER, Binding(headers, node, binds=False))

    def _add(self, name: str, binding: Binding) -> None:
        bindings = self.names.setdefault(name, [])
        if binding not in bindings:
            bindings.append(binding)

    def _definition(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        headers: tuple[Header, ...],
    ) -> None:
        self._add(node.name, Binding(headers, node))
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            chain = chain_of(called)
            if chain is not None and len(chain) > 1 and chain[0] != node.name:
                self.registered.append((chain[0], Binding(headers, node, binds=False)))

    def _assignment(
        self,
        node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete,
        headers: tuple[Header, ...],
    ) -> None:
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
        for target in targets:
            for name, binds in _targets(target):
                self._add(name, Binding(headers, node, binds=binds))

    def _expression(self, node: ast.Expr, headers: tuple[Header, ...]) -> None:
        if isinstance(node.value, ast.Constant):
            return
        called = node.value.func if isinstance(node.value, ast.Call) else node.value
        # A plain call, `main()`, is no part of what `main` is.
        name = _root(called) if isinstance(called, ast.Attribute) else None
        self._add(name or OTHER, Binding(headers, node, binds=False))

    def _compound(self, node: ast.stmt, headers: tuple[Header, ...]) -> bool:
        parts = list(_parts(node))
        for header, target, body in parts:
            below = (*headers, header)
            for name, _ in _targets(target) if target is not None else ():
                self._add(name, Binding(below))
            self.block(body, below)
        return bool(parts)


_Part: TypeAlias = tuple[Header, ast.expr | None, list[ast.stmt]]


def _parts(node: ast.stmt) -> Iterator[_Part]:
    """The blocks of a compound statement: header, names that the header binds, body."""
    if isinstance(node, ast.If | ast.While):
        word = "if" if isinstance(node, ast.If) else "while"
        yield Header(word, (node.test,)), None, node.body
        yield Header(f"{word}-else", (node.test,)), None, node.orelse
    elif isinstance(node, ast.For | ast.AsyncFor):
        header = Header("for", (node.target, node.iter))
        yield header, node.target, node.body
        yield Header("for-else", header.expressions), None, node.orelse
    elif isinstance(node, ast.With | ast.AsyncWith):
        header = Header("with", tuple(node.items))
        targets = [item.optional_vars for item in node.items if item.optional_vars]
        yield header, ast.Tuple(targets, ast.Store()), node.body
    elif isinstance(node, ast.Try | ast.TryStar):
        yield Header("try", ()), None, node.body
        for handler in node.handlers:
            kinds = () if handler.type is None else (handler.type,)
            yield Header("except", kinds), None, handler.body
        yield Header("try-else", ()), None, node.orelse
        yield Header("finally", ()), None, node.finalbody
    elif isinstance(node, ast.Match):
        for case in node.cases:
            guard = () if case.guard is None else (case.guard,)
            yield Header("case", (node.subject, case.pattern, *guard)), None, case.body


def _targets(node: ast.expr) -> Iterator[tuple[str, bool]]:
    """The names that an assignment's target changes, and whether it binds them."""
    if isinstance(node, ast.Name):
        yield node.id, True
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _targets(element)
    elif isinstance(node, ast.Starred):
        yield from _targets(node.value)
    else:
        yield _root(node) or OTHER, False


def _root(node: ast.AST) -> str | None:
    """The name at the start of `name.a["b"].c()`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return None
    return node.id
