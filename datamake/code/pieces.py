"""The pieces of a normal form that need no scope: constants, keys, lists, defaults."""

import ast
from collections.abc import Callable, Iterable
from typing import TypeAlias

from datamake.code.scope import chain_of

# What is still to be read: a node, text to put out, or a step to take.
Waiting: TypeAlias = ast.AST | str | Callable[[], None]


def constant(node: ast.Constant) -> str:
    """Return a constant as Python spells it."""
    # In hexadecimal, because very long integers refuse to be written in decimal.
    return hex(node.value) if type(node.value) is int else repr(node.value)


def keyed(node: ast.expr) -> str:
    """Return a name with constant keys behind it as any other expression would be put out."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return f"Subscript( value={keyed(node.value)} slice={constant(node.slice)})"
    return ".".join(chain_of(node) or ())


def listed(values: Iterable[object]) -> list[Waiting]:
    """Return values one behind the other, without docstrings."""
    items: list[Waiting] = ["["]
    for value in values:
        if isinstance(value, ast.Expr) and isinstance(value.value, ast.Constant):
            continue  # a docstring, or a constant that does nothing
        items.append(value if isinstance(value, ast.AST) else repr(value))
        items.append(",")
    items.append("]")
    return items


def defaults(arguments: ast.arguments) -> list[Waiting]:
    """Return the values that parameters have if none are given."""
    return [*listed(arguments.defaults), *listed(arguments.kw_defaults)]
