"""Which names of a module have a value that its text does not spell out, and what it is."""

import ast
import functools
from collections import deque
from collections.abc import Iterable, Iterator
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, NamedTuple

from datamake.code.definitions import OTHER, STARS, Binding, collect
from datamake.code.source import Source
from datamake.code.value_lines import entry_lines, value_lines
from datamake.present import MISSING, Present

# So many functions and classes of one table are followed.
MOST_CALLABLES = 1_000

_CALLABLES = (FunctionType, MethodType, type, functools.partial, functools._lru_cache_wrapper)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# What makes values that can't be changed, out of constants and names.
_SPELLED = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare),
    *(ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.Lambda),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)


class Computed(NamedTuple):
    """What the present values of one name add to its definition.

    `meant` tells values apart and `lines` shows them. `digests` has every address that was looked
    at, also those that add nothing now. `callables` are in tables and stand elsewhere.
    With `is_whole` the value tells all: what it was computed from need not be looked at.
    """

    meant: tuple[str, ...]
    lines: tuple[str, ...]
    digests: dict[str, str]
    callables: tuple[Any, ...]
    is_whole: bool


def computed(source: Source, name: str, present: Present) -> Computed:
    """Look at the values of a name of the module with that source."""
    bindings = source.definitions[name]
    meant: list[str] = []
    lines: list[str] = []
    digests: dict[str, str] = {}
    callables: list[Any] = []
    is_whole = False
    for address in addresses(name, bindings):
        digests[address] = digest = present.digest(source.path, address)
        if not digest:
            continue
        value = present.value(source.path, address)
        if not _is_as_spelled(source, bindings, value, present):
            meant.append(f"{address} {digest}")
            lines.extend(value_lines(address, value, present.data))
            is_whole = address == name and present.data.is_whole(value)
        callables.extend(
            found
            for found in _callables_in(value, MOST_CALLABLES)
            if not _stands_in(source, bindings, found)
        )
    return Computed(tuple(meant), tuple(lines), digests, tuple(callables), is_whole)


def entry(path: str, address: str, present: Present) -> Computed:
    """Look at what a table of the module with that file has for constant keys."""
    digest, value = present.digest(path, address), present.value(path, address)
    lines = tuple(entry_lines(address, value, present.data))
    return Computed((digest,), lines, {address: digest}, (), is_whole=True)


def addresses(name: str, bindings: Iterable[Binding], of: str = "") -> list[str]:
    """The addresses of a name's values which something other than constants may have shaped.

    A list, dictionary or set counts too, as anything may change it in place.
    """
    if name in (OTHER, STARS):
        return []
    found: dict[str, None] = {}
    for binding in bindings:
        node = binding.node
        if binding.imported is not None:
            continue
        if isinstance(node, ast.ClassDef) and node.name == name and binding.binds:
            inside = collect(ast.Module(node.body, []))
            for inner in inside:
                found.update(dict.fromkeys(addresses(inner, inside[inner], f"{of}{name}.")))
        elif isinstance(node, _FUNCTIONS) and node.name == name and binding.binds:
            parameters = _computed_defaults(node.args)
            found.update((f"{of}{name}({parameter})", None) for parameter in parameters)
        elif binding.headers or not _is_spelled(node):
            found[of + name] = None
    return list(found)


def _is_spelled(node: ast.AST | None) -> bool:
    """Whether a statement gives a value that cannot change, made of constants and of names."""
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) or value is None:
        return False
    return _is_constant(value)


def _is_constant(value: ast.expr) -> bool:
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _SPELLED):
            return False
        if not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return True


def _computed_defaults(arguments: ast.arguments) -> Iterator[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    pairs = [*zip(last, arguments.defaults, strict=True)]
    pairs += [
        (argument, default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    ]
    for argument, default in pairs:
        if not _is_constant(default) and not _is_empty(default):
            yield argument.arg


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Set | ast.Dict) and not list(ast.iter_child_nodes(node))


class _NotSpelledError(Exception):
    pass


def _is_as_spelled(
    source: Source, bindings: list[Binding], value: object, present: Present
) -> bool:
    """Whether a list, dictionary or set still has just what one display of its module says."""
    if len(bindings) != 1 or bindings[0].headers:
        return False
    node = bindings[0].node
    display = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if not isinstance(display, ast.List | ast.Dict | ast.Set | ast.Tuple):
        return False
    try:
        spelled = _evaluated(display, source.path, present)
    except (_NotSpelledError, TypeError):
        return False
    return present.data.digest(spelled) == present.data.digest(value)


def _evaluated(node: ast.expr | None, path: str, present: Present) -> Any:
    """What a display means: constants and names alone, nothing is called."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        value = present.value(path, node.id)
        if value is not MISSING:
            return value
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        kind = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return kind(_evaluated(element, path, present) for element in node.elts)
    elif isinstance(node, ast.Dict):
        keys = [_evaluated(key, path, present) for key in node.keys]
        return dict(
            zip(keys, [_evaluated(value, path, present) for value in node.values], strict=True)
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _evaluated(node.operand, path, present)
        if isinstance(value, int | float):
            return -value
    raise _NotSpelledError


def _callables_in(value: object, most: int) -> list[Any]:
    """The functions, classes and partials that a table holds, at most so many."""
    found: list[Any] = []
    waiting, seen = [value], 0
    while waiting and seen < most:
        item = waiting.pop()
        seen += 1
        if isinstance(item, _CALLABLES):
            found.append(item)
        elif isinstance(item, dict | MappingProxyType):
            waiting.extend((*item.values(), *item))
        elif isinstance(item, list | tuple | set | frozenset | deque):
            waiting.extend(item)
    return found


def _stands_in(source: Source, bindings: Iterable[Binding], value: Any) -> bool:
    """Whether a function is part of the statements of a name, which count already."""
    code = getattr(value, "__code__", None)
    if code is None or code.co_filename != source.path:
        return False
    nodes = [binding.node for binding in bindings if binding.node is not None]
    return any(
        node.lineno <= code.co_firstlineno <= (node.end_lineno or 0)
        for node in nodes
        if not isinstance(node, _FUNCTIONS)
    )
