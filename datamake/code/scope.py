"""Which names a piece of syntax takes from outside: the scopes that Python gives it."""

import ast
import itertools
from typing import Literal, NamedTuple, TypeAlias

Chain: TypeAlias = tuple[str, ...]
"""A dotted name: `helpers.clean` is ("helpers", "clean"), `LIMITS["a"]` is ("LIMITS", "['a']")."""

Kind: TypeAlias = Literal["module", "class", "function", "comprehension"]


class Imported(NamedTuple):
    """What an imported name stands for: `names` within a module."""

    level: int
    module: str
    names: Chain


def imported_names(node: ast.Import | ast.ImportFrom) -> list[tuple[str, Imported]]:
    """The names that an import statement binds, each with what it stands for."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [(a.asname or a.name, Imported(node.level, module, (a.name,))) for a in node.names]
    bound = []
    for alias in node.names:
        # Without "as" it is the outermost package that gets a name.
        module = alias.name if alias.asname else alias.name.partition(".")[0]
        bound.append((alias.asname or module, Imported(0, module, ())))
    return bound


def chain_of(node: ast.AST) -> Chain | None:
    """The dotted name that an expression is, or None when it is anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return (node.id, *reversed(names))


def keyed_chain_of(node: ast.AST) -> Chain | None:
    """A dotted name with constant keys behind it, or None for anything else."""
    keys: list[str] = []
    while isinstance(node, ast.Subscript):
        if not isinstance(node.slice, ast.Constant) or type(node.slice.value) not in (str, int):
            return None
        keys.append(f"[{node.slice.value!r}]")
        node = node.value
    chain = chain_of(node)
    return None if chain is None else (*chain, *reversed(keys))


def keys_of(chain: Chain) -> Chain:
    """The constant keys that a chain begins with."""
    return tuple(itertools.takewhile(is_key, chain))


def is_key(name: str) -> bool:
    """Whether a name in a chain is a constant key."""
    return name.startswith("[")


class Scope:
    """The names of one scope: bound in it, imported in it, and taken from around it.

    `loads` and `found` of the outermost scope are what the whole piece takes from outside:
    names of its module, and what it imports itself.
    """

    def __init__(self, kind: Kind = "module", outer: "Scope | None" = None) -> None:
        self.kind = kind
        self.outer = outer
        self.bound: set[str] = set()
        self.global_names: set[str] = set()
        self.outer_names: set[str] = set()
        self.imports: dict[str, list[Imported]] = {}
        self.loads: dict[Chain, None] = {}
        self.found: dict[Imported, None] = {}

    def load(self, chain: Chain) -> None:
        """Note that a name is read here."""
        # A class body takes a name from outside until it binds that name itself.
        if not (self.kind == "class" and chain[0] in self.bound):
            self.loads[chain] = None

    def bind(self, name: str) -> None:
        """Note that a name is given a value here."""
        self.bound.add(name)

    def close(self) -> "Scope":
        """End this scope: what it does not bind itself is asked of the scopes around it.

        Returns the scope around it.
        """
        assert self.outer is not None
        around = self.outer
        while around.kind == "class" and around.outer is not None:
            around = around.outer  # what stands in a class body does not see its names
        own = set() if self.kind == "class" else self.bound - self.outer_names
        for chain in self.loads:
            if chain[0] in self.global_names:
                self._module().load(chain)
            elif chain[0] in self.imports:
                self._find(self.imports[chain[0]], chain[1:])
            elif chain[0] not in own:
                around.load(chain)
        read = {chain[0] for chain in self.loads}
        for name in self.imports:
            if name not in read:
                # Imported for what the import does, or, in a class, to be an attribute.
                self._find(self.imports[name], ())
        around.found.update(self.found)
        return self.outer

    def _find(self, imports: list[Imported], rest: Chain) -> None:
        for imported in imports:
            self.found[imported._replace(names=imported.names + rest)] = None

    def _module(self) -> "Scope":
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope
