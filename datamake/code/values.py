"""Canonical text of a value: equal text, equal value, in every process."""

import copyreg
import dataclasses
import datetime
import functools
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path, PurePath
from types import EllipsisType, MappingProxyType, MethodType, ModuleType, NoneType
from typing import Any, Protocol

import msgspec
from blake3 import blake3

from datamake.code.parts import digest_of

_LONGEST = 200
_SHOWN = 60


class Naming(Protocol):
    """Names what has a name of its own: a function, a class, a file of the project."""

    def named(self, value: Any) -> str:
        """A name that is another one when the meaning of the code is another."""

    def relative(self, text: str) -> str:
        """A text with the project's folder replaced by what stands for it wherever it lies."""


def describe(value: object, naming: Naming, hide: Callable[[str], str] = lambda text: text) -> str:
    """Text to compare and to show: never an address, never a hash order.

    The order of dictionaries counts, as an action can see it; that of sets does not. Code
    of the project counts: functions, classes and the classes of objects carry its digest.
    An object is its class and its state, as pickle takes it; what cannot be pickled is
    known by its class alone. Paths below the project's folder are relative to it, so a project
    may be moved. Text over 200 characters is cut, with a digest of the whole.
    `hide` takes secrets out of the text before that, as a part of one is not known for it.
    """
    text = whole_text(value, naming)
    return shortened(text, hide(text))


def whole_text(value: object, naming: Naming) -> str:
    """The text of a value, however long it is."""
    try:
        return _Description(naming).text(value)
    except RecursionError:
        return f"<{naming.named(type(value))}: nested too deeply>"


def shortened(text: str, shown: str) -> str:
    """What is shown of a text, cut where the text is long, with a digest of the whole text."""
    if len(text) <= _LONGEST:
        return shown
    return f"{shown[:_SHOWN]}… (blake3 {digest_of(text)[:16]})"


class _Description:
    def __init__(self, naming: Naming) -> None:
        self._named = naming.named
        self._relative = naming.relative
        self._around: list[int] = []

    def text(self, value: object) -> str:
        if type(value) in _PLAIN:
            return repr(value)
        if id(value) in self._around:
            # How far out the circle closes is the same wherever the value lies in memory.
            return f"<circle {len(self._around) - self._around.index(id(value))}>"
        self._around.append(id(value))
        try:
            return self._compound(value)
        finally:
            self._around.pop()

    def _compound(self, value: Any) -> str:
        exact = _EXACT.get(type(value))
        if exact is not None:
            return exact(self, value)
        for kind, describe_kind in _KINDS:
            if isinstance(value, kind):
                return describe_kind(self, value)
        if callable(value) and isinstance(getattr(value, "__qualname__", None), str):
            return self._callable(value)
        return self._array(value) or self._record(value) or self._object(value)

    def _callable(self, value: Any) -> str:
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, ModuleType | type):
            return self._named(value)
        return f"{self._named(getattr(value, '__func__', value))} of {self.text(owner)}"

    def _string(self, value: str) -> str:
        return repr(self._relative(value))

    def _integer(self, value: int) -> str:
        # Very long integers refuse to be written in decimal.
        return str(value) if value.bit_length() < 10_000 else hex(value)

    def _list(self, value: list[object]) -> str:
        return f"[{self._listed(value)}]"

    def _tuple(self, value: tuple[object, ...]) -> str:
        return f"({self._listed(value)}{',' if len(value) == 1 else ''})"

    def _dict(self, value: dict[object, object]) -> str:
        return f"{{{self._paired(value.items())}}}"

    def _set(self, value: set[object] | frozenset[object]) -> str:
        return f"{type(value).__name__}({', '.join(sorted(map(self.text, value)))})"

    def _proxy(self, value: MappingProxyType[object, object]) -> str:
        return f"mappingproxy({self._dict(dict(value))})"

    def _bytes(self, value: memoryview) -> str:
        return f"memoryview({value.format}, {value.shape}, {value.tobytes()!r})"

    def _listed(self, values: Iterable[object]) -> str:
        return ", ".join(map(self.text, values))

    def _paired(self, pairs: Iterable[tuple[object, object]]) -> str:
        return ", ".join(f"{self.text(key)}: {self.text(value)}" for key, value in pairs)

    def _state(self, pairs: Iterable[tuple[str, object]]) -> list[str]:
        return [f"{name}={self.text(value)}" for name, value in pairs]

    def _enum(self, value: Enum) -> str:
        return f"{self._named(type(value))}.{value.name}({self.text(value.value)})"

    def _path(self, value: PurePath) -> str:
        kind = "Path" if isinstance(value, Path) else "PurePath"
        return f"{kind}({self._string(str(value))})"

    def _moment(self, value: datetime.date | datetime.time) -> str:
        zone = getattr(value, "tzinfo", None)
        inside = value.isoformat() + (f" {self.text(zone)}" if zone is not None else "")
        fold = " fold" if getattr(value, "fold", 0) else ""
        return f"{type(value).__name__}({inside}{fold})"

    def _partial(self, value: functools.partial[object]) -> str:
        given = [*map(self.text, value.args), *self._state(value.keywords.items())]
        return f"partial({', '.join([self.text(value.func), *given])})"

    def _module(self, value: ModuleType) -> str:
        return f"<module {value.__name__}>"

    def _array(self, value: Any) -> str | None:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return None
        if type(value) is numpy.ndarray:
            if value.dtype.hasobject:  # the bytes would be addresses
                content = self.text(value.tolist())
            else:
                content = blake3(value.tobytes()).hexdigest(length=16)
            return f"numpy.ndarray({value.dtype}, {value.shape}, {content})"
        if isinstance(value, numpy.generic):
            return f"{self._named(type(value))}({value.dtype.str}, {value!s})"
        return None

    def _record(self, value: Any) -> str | None:
        """Values that say themselves which fields they have."""
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
        elif isinstance(value, msgspec.Struct):
            names = list(value.__struct_fields__)
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            names = list(value._fields)
        else:
            return None
        present = [(name, getattr(value, name)) for name in names if hasattr(value, name)]
        return f"{self._named(type(value))}({', '.join(self._state(present))})"

    def _object(self, value: Any) -> str:
        name = self._named(type(value))
        try:
            reducer = copyreg.dispatch_table.get(type(value))
            reduced: Any = reducer(value) if reducer else value.__reduce_ex__(4)
        except Exception:  # noqa: BLE001  any class may refuse in its own way
            return f"<{name}>"
        if isinstance(reduced, str):
            return f"<{name} {reduced}>"
        constructor, given, state, items, pairs = (*reduced, None, None, None)[:5]
        inside = [self.text(one) for one in given if one is not type(value)]
        if constructor is not type(value) and getattr(constructor, "__module__", None) != "copyreg":
            inside.insert(0, self.text(constructor))
        inside += self._state_of(state)
        inside += [self._listed(items)] if items is not None else []
        inside += [self._paired(pairs)] if pairs is not None else []
        return f"{name}({', '.join(filter(None, inside))})"

    def _state_of(self, state: object) -> list[str]:
        """Attributes by name: their order tells which was set first, and no more."""
        parts = state if isinstance(state, tuple) else (state,)
        if not all(part is None or isinstance(part, dict) for part in parts):
            return [f"state {self.text(state)}"]
        attributes = {str(name): value for part in parts if part for name, value in part.items()}
        return self._state(sorted(attributes.items(), key=lambda pair: pair[0]))


_PLAIN = frozenset({NoneType, bool, float, complex, bytes, range, EllipsisType})

_Describer = Callable[[_Description, Any], str]

_EXACT: dict[type, _Describer] = {
    str: _Description._string,
    int: _Description._integer,
    list: _Description._list,
    tuple: _Description._tuple,
    dict: _Description._dict,
    set: _Description._set,
    frozenset: _Description._set,
    MappingProxyType: _Description._proxy,
    memoryview: _Description._bytes,
    datetime.date: _Description._moment,
    datetime.datetime: _Description._moment,
    datetime.time: _Description._moment,
}

_KINDS: tuple[tuple[type, _Describer], ...] = (
    (Enum, _Description._enum),
    (PurePath, _Description._path),
    (functools.partial, _Description._partial),
    (MethodType, _Description._callable),
    (ModuleType, _Description._module),
)
