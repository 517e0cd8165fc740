"""From a live callable to the parts of its code and the values that it holds."""

import functools
import inspect
import os
import sys
from collections.abc import Iterable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any, Protocol

from datamake.code.bytecode import bytecode_text, names_used
from datamake.code.holding import captured_of, functions_of, given_of, globals_of
from datamake.code.parts import Code, Part, digest_of, part_of
from datamake.code.places import Place
from datamake.code.reach import Closure, Reach
from datamake.code.scope import Imported
from datamake.code.source import Source
from datamake.code.syntax import Syntax, read
from datamake.code.trail import Definition
from datamake.code.values import Naming, shortened, whole_text
from datamake.redaction import redact_value

# What Python itself puts on every class.
_UNREAD = frozenset(
    {
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__qualname__",
        "__static_attributes__",
        "__weakref__",
    }
)


class Reader(Naming, Protocol):
    """Reads the code of what a callable holds."""

    def held(self, value: Any) -> Code | None:
        """The code of a function or class; None while that very code is being read."""


def plain_name(value: Any) -> str:
    """Where a function or class says that it comes from."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", type(value).__qualname__)
    return name if module in {None, "builtins"} else f"{module}.{name}"


class Gathering:
    """The parts of one callable, gathered from the source files and from what it holds."""

    def __init__(self, reach: Reach, reader: Reader) -> None:
        self._reach = reach
        self._reader = reader
        self._seen: dict[int, object] = {}
        self._parts: dict[str, Part] = {}
        self._before: dict[str, Part] = {}
        self.values: dict[str, str] = {}
        self.held = False

    @property
    def parts(self) -> dict[str, Part]:
        """All parts by name; what also went into data when a module was imported is among them."""
        return {**self._before, **self._parts}

    def add(self, value: Any) -> None:
        """Add the parts of a function, a class, or anything else that can be called."""
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        owner = getattr(value, "__self__", None)
        if isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, functools.partial):
            self.add(value.func)
            self._hold(plain_name(value.func), "arguments", (value.args, value.keywords))
        elif isinstance(value, MethodType):
            self.add(value.__func__)
            self.add(owner if isinstance(owner, type) else type(owner))
            self._hold(plain_name(value), "self", owner)
        elif callable(getattr(value, "__wrapped__", None)):
            self._name(type(value))
            self.add(value.__wrapped__)
        elif isinstance(getattr(value, "__qualname__", None), str):
            self._name(value)
            if not isinstance(owner, ModuleType | None):
                self._hold(plain_name(value), "self", owner)
        else:
            self.add(type(value))
            self._hold(plain_name(type(value)), "itself", value)

    def _function(self, function: FunctionType) -> None:
        code = function.__code__
        source = self._reach.source(code.co_filename)
        place = self._reach.places(source).find(code) if source is not None else None
        if source is not None and place is not None:
            self._placed(function, source, place)
        elif source is None and _is_elsewhere(code.co_filename):
            self._name(function)
            if not hasattr(function, "__wrapped__"):
                self._hold_all(plain_name(function), captured_of(function))
        else:
            self._without_source(function)
        if callable(wrapped := getattr(function, "__wrapped__", None)):
            self.add(wrapped)

    def _placed(self, function: FunctionType, source: Source, place: Place) -> None:
        if place.name is None:
            key = f"{source.label}:{function.__code__.co_qualname}"
            self._nested(key, source, place.node, [function])
            return
        definition = Definition(source.path, place.name)
        self._definition(definition)
        unknown = self._reach.unknown(definition)
        self._hold_all(f"{source.label}:{place.name}", globals_of(function, unknown))

    def _class(self, kind: type) -> None:
        path = getattr(sys.modules.get(kind.__module__), "__file__", None)
        source = self._reach.source(path) if isinstance(path, str) else None
        if source is None and (path or kind.__module__ in sys.stdlib_module_names):
            self._name(kind)
            return
        outermost = kind.__qualname__.partition(".")[0]
        if source is not None and "<locals>" in kind.__qualname__:
            node = self._reach.places(source).find_class(kind.__qualname__)
            if node is not None:
                key = f"{source.label}:{kind.__qualname__}"
                self._nested(key, source, node, functions_of(kind))
                return
        elif source is not None and outermost in source.definitions:
            self._definition(Definition(source.path, outermost))
            return
        self._class_without_source(kind)

    def _definition(self, definition: Definition) -> None:
        self._reached(self._reach.of(definition))

    def _reached(self, closure: Closure) -> None:
        for key, part in closure.parts.items():
            self._put(key, part)
        self._before.update(closure.before)
        self.values.update(closure.values)
        for found in closure.callables:
            if self._is_own(found):
                self.add(found)

    def _is_own(self, value: Any) -> bool:
        """Whether something that can be called comes from a file of the project."""
        value = inspect.unwrap(value.func if isinstance(value, functools.partial) else value)
        if isinstance(value, FunctionType):
            return self._reach.source(value.__code__.co_filename) is not None
        if isinstance(value, MethodType):
            return self._is_own(value.__func__)
        path = getattr(sys.modules.get(value.__module__), "__file__", None)
        return isinstance(path, str) and self._reach.source(path) is not None

    def _nested(
        self, key: str, source: Source, node: Any, functions: Iterable[FunctionType]
    ) -> None:
        """Add one of the many functions or classes that a node makes, with what it holds."""
        syntax = read([node])
        given = given_of(functions)
        # A captured module counts by what is used of it, as an imported one does.
        modules = {name: it.__name__ for name, it in given.items() if isinstance(it, ModuleType)}
        names, imports = [], list(syntax.imports)
        for chain in syntax.names:
            if chain[0] in modules:
                imports.append(Imported(0, modules[chain[0]], chain[1:]))
            elif chain[0] not in given:
                names.append(chain)
        self._put(key, Part(digest_of(syntax.normal), source.node_text(node)))
        reached = self._reach.follow(source, Syntax("", tuple(names), tuple(imports)))
        self._reached(self._reach.of_all(reached.definitions))
        for function in functions:
            given.update(globals_of(function, reached.unknown))
        self._hold_all(key, {**given, **modules})

    def _without_source(self, function: FunctionType) -> None:
        key = plain_name(function)
        self._put(key, part_of(bytecode_text(function.__code__)))
        names = names_used(function.__code__)
        self._hold_all(key, {**globals_of(function, names), **given_of([function])})

    def _class_without_source(self, kind: type) -> None:
        self._name(kind)
        for base in kind.__bases__:
            self.add(base)
        for function in functions_of(kind):
            self.add(function)
        values = {
            name: value
            for name, value in vars(kind).items()
            if name not in _UNREAD and not callable(value) and not hasattr(value, "__get__")
        }
        self._hold_all(plain_name(kind), values)

    def _hold_all(self, key: str, values: Mapping[str, object]) -> None:
        for name in sorted(values):
            self._hold(key, name, values[name])

    def _hold(self, key: str, name: str, value: Any) -> None:
        """Add a value that the code holds, and the parts of its code if it is a callable."""
        self.held = True
        text = whole_text(value, self._reader)
        meaning = digest_of(shortened(text, text))
        self._put(f"{key} {name}", Part(meaning, shortened(text, redact_value(name, text))))
        if isinstance(value, FunctionType | type):
            code = self._reader.held(value)
            if code is not None:
                for inner, text in code.sources.items():
                    self._put(inner, Part(code.digests[inner], text))
        elif isinstance(value, ModuleType) and value.__spec__ is not None:
            self._reached(self._reach.whole(value.__spec__.origin or ""))

    def _name(self, value: Any) -> None:
        self._put(plain_name(value), part_of(plain_name(value)))

    def _put(self, key: str, part: Part) -> None:
        """Keep a part; a second one of the same name, as from one `lambda` in a loop, too."""
        name, count = key, 1
        while name in self._parts and self._parts[name] != part:
            count += 1
            name = f"{key} ({count})"
        self._parts[name] = part


def _is_elsewhere(path: str) -> bool:
    """Whether code comes from a file, though not one of the project's own."""
    return path.startswith("<frozen") or os.path.isfile(path)
