"""The meaning of a piece of syntax tree: its normal form, and what it takes from outside."""

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from datamake.code.arguments import annotations, parameter_names, spelled
from datamake.code.pieces import Waiting, constant, defaults, keyed, listed
from datamake.code.scope import (
    Chain,
    Imported,
    Kind,
    Scope,
    chain_of,
    imported_names,
    keyed_chain_of,
)


class Syntax(NamedTuple):
    """A normal form, and what it needs: names of its module, and imports of its own.

    The normal form has no comments, docstrings or layout, and no annotations but those
    that something may read when the code runs.
    """

    normal: str
    names: tuple[Chain, ...]
    imports: tuple[Imported, ...]


def read(nodes: Iterable[ast.AST]) -> Syntax:
    """Read nodes as they would mean at the top level of a module. They are not changed."""
    reading = _Reading()
    reading.run(nodes)
    outside = reading.scope
    return Syntax("".join(reading.out), tuple(outside.loads), tuple(outside.found))


# The context follows from the place; the others are about spelling.
_UNREAD = frozenset({"ctx", "kind", "type_comment"})

# Nodes that bind a name which they hold as text.
_BINDERS = {
    "ExceptHandler": "name",
    "MatchAs": "name",
    "MatchStar": "name",
    "MatchMapping": "rest",
    "TypeVar": "name",
    "ParamSpec": "name",
    "TypeVarTuple": "name",
}


class _Reading:
    """One pass over nodes, with a stack of its own: generated code can be very deep."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.scope = Scope()
        self._stack: list[Waiting] = []

    def run(self, nodes: Iterable[ast.AST]) -> None:
        stack, put = self._stack, self.out.append
        stack.extend(reversed(list(nodes)))
        while stack:
            item = stack.pop()
            if type(item) is str:
                put(item)
            elif isinstance(item, ast.AST):
                _READERS.get(type(item), _Reading._any)(self, item)
            elif not isinstance(item, str):
                item()

    def _wait(self, *items: Waiting) -> None:
        self._stack.extend(reversed(items))

    def _any(self, node: ast.AST) -> None:
        kind = type(node).__name__
        if not node._fields:
            self.out.append(kind)  # an operator
            return
        binder = _BINDERS.get(kind)
        if binder is not None and (name := getattr(node, binder)) is not None:
            self.scope.bind(name)
        self._wait(f"{kind}(", *self._fields(node), ")")

    def _fields(self, node: ast.AST, skip: frozenset[str] = _UNREAD) -> Iterator[Waiting]:
        """Read fields in the grammar's order; one that is absent leaves no trace.

        So a Python whose grammar has another optional field gives the same text.
        """
        for field in node._fields:
            value = getattr(node, field, None)
            if value is None or field in skip:
                continue
            if isinstance(value, ast.AST):
                yield f" {field}="
                yield value
            elif not isinstance(value, list):
                yield f" {field}={value!r}"
            elif value:
                yield f" {field}="
                yield from listed(value)

    def _name(self, node: ast.Name) -> None:
        self.out.append(node.id)
        if isinstance(node.ctx, ast.Load):
            self.scope.load((node.id,))
        else:
            self.scope.bind(node.id)

    def _constant(self, node: ast.Constant) -> None:
        self.out.append(constant(node))

    def _set(self, node: ast.Set) -> None:
        values = [value.value for value in node.elts if isinstance(value, ast.Constant)]
        if len(set(values)) == len(node.elts):
            # Their order is no part of the set; of `{1, 1.0}` it tells which one stays.
            node = ast.Set(sorted(node.elts, key=lambda it: repr(getattr(it, "value", None))))
        self._any(node)

    def _attribute(self, node: ast.Attribute) -> None:
        chain = chain_of(node)
        if chain is None:
            self._wait("(", node.value, ").", node.attr)
        else:
            self.out.append(".".join(chain))
            self.scope.load(chain)

    def _subscript(self, node: ast.Subscript) -> None:
        chain = keyed_chain_of(node) if isinstance(node.ctx, ast.Load) else None
        if chain is None:
            self._any(node)
        else:
            self.out.append(keyed(node))
            self.scope.load(chain)

    def _assign(self, node: ast.Assign) -> None:
        # The value first, as it is when the code runs: a class body may read a name of the
        # module and bind its own in one statement.
        self._wait("Assign(", node.value, *listed(node.targets), ")")

    def _annotated(self, node: ast.AnnAssign) -> None:
        if self.scope.kind == "class":
            self._any(node)  # dataclasses and their like read it
        elif node.value is not None:
            self._wait("Assign(", node.value, *listed([node.target]), ")")
        else:
            self._wait("Local(", node.target, ")")  # makes the name a local one, no more

    def _augmented(self, node: ast.AugAssign) -> None:
        chain = chain_of(node.target)
        if chain is not None:
            self.scope.load(chain)
        self._any(node)

    def _named(self, node: ast.NamedExpr) -> None:
        scope = self.scope
        while scope.kind == "comprehension" and scope.outer is not None:
            scope = scope.outer
        scope.bind(node.target.id)
        self._wait("NamedExpr(", node.target.id, "=", node.value, ")")

    def _global(self, node: ast.Global) -> None:
        self.scope.global_names.update(node.names)
        self._any(node)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.outer_names.update(node.names)
        self._any(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, imported in imported_names(node):
            self.scope.imports.setdefault(name, []).append(imported)
        self._any(node)

    def _call(self, node: ast.Call) -> None:
        """An import by a function is followed when the module's name is spelled out."""
        called = chain_of(node.func)
        if called and called[-1] in {"import_module", "__import__"} and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                module = name.value.lstrip(".")
                imported = Imported(len(name.value) - len(module), module, ())
                self.scope.found[imported] = None
        self._any(node)

    def _class(self, node: ast.ClassDef) -> None:
        self.scope.bind(node.name)
        around = self._fields(node, _UNREAD | {"body"})
        body = self._within("class", (), listed(node.body))
        self._wait("ClassDef(", *around, *body, ")")

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.bind(node.name)
        around = [*listed(node.decorator_list), *defaults(node.args)]
        if node.decorator_list:
            # A decorator may read annotations, as functools.singledispatch does.
            around += [*listed(annotations(node.args)), *listed([node.returns])]
        parameters = parameter_names(node.args)
        body = self._within("function", parameters, listed(node.body))
        head = f"{type(node).__name__}({node.name}{spelled(node.args)}"
        self._wait(head, *around, *listed(getattr(node, "type_params", [])), *body, ")")

    def _lambda(self, node: ast.Lambda) -> None:
        body = self._within("function", parameter_names(node.args), [node.body])
        self._wait("Lambda(", spelled(node.args), *defaults(node.args), *body, ")")

    def _comprehension(self, node: ast.AST) -> None:
        first = next(iter(getattr(node, "generators")))  # noqa: B009
        parts: list[Waiting] = [first.target, *listed(first.ifs), repr(first.is_async)]
        for generator in getattr(node, "generators")[1:]:  # noqa: B009
            parts.append(generator)
        parts += self._fields(node, _UNREAD | {"generators"})
        # The first iterable is read outside of the comprehension's own scope.
        body = self._within("comprehension", (), parts)
        self._wait(f"{type(node).__name__}(", first.iter, *body, ")")

    def _within(self, kind: Kind, bound: Iterable[str], items: Iterable[Waiting]) -> list[Waiting]:
        def enter() -> None:
            self.scope = Scope(kind, self.scope)
            self.scope.bound.update(bound)

        def leave() -> None:
            self.scope = self.scope.close()

        return [enter, ":", *items, leave]


_READERS: dict[type, Callable[[_Reading, Any], None]] = {
    ast.Name: _Reading._name,
    ast.Constant: _Reading._constant,
    ast.Set: _Reading._set,
    ast.Attribute: _Reading._attribute,
    ast.Subscript: _Reading._subscript,
    ast.Assign: _Reading._assign,
    ast.AnnAssign: _Reading._annotated,
    ast.AugAssign: _Reading._augmented,
    ast.NamedExpr: _Reading._named,
    ast.Global: _Reading._global,
    ast.Nonlocal: _Reading._nonlocal,
    ast.Import: _Reading._import,
    ast.ImportFrom: _Reading._import,
    ast.Call: _Reading._call,
    ast.ClassDef: _Reading._class,
    ast.FunctionDef: _Reading._function,
    ast.AsyncFunctionDef: _Reading._function,
    ast.Lambda: _Reading._lambda,
    ast.ListComp: _Reading._comprehension,
    ast.SetComp: _Reading._comprehension,
    ast.DictComp: _Reading._comprehension,
    ast.GeneratorExp: _Reading._comprehension,
}
