"""The text of plain data, part by part."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path, PurePath
from types import (
    BuiltinFunctionType,
    EllipsisType,
    FunctionType,
    MappingProxyType,
    NoneType,
    SimpleNamespace,
)
from typing import Any

import msgspec
from blake3 import blake3

from datamake.redaction import is_secret, redact, redact_value

# A longer string stands as its digest.
LONGEST = 10_000


class TooManyError(Exception):
    """There are more values in a value than were to be looked at."""


def is_data(value: object) -> bool:
    """Whether a value is plain data, and no function, module or object of its own kind."""
    return _writer(type(value)) is not None


class Text:
    """Writes one value down, and what it holds: `most` values in all."""

    def __init__(self, relative: Callable[[str], str], most: int, *, shown: bool = False) -> None:
        self._relative = relative
        self._left = most
        self._shown = shown
        self._around: set[int] = set()
        self.is_whole = True

    def of(self, value: Any, name: str = "") -> str:
        """Return the text of a value; `name` is what it is known by, for secrets."""
        self._left -= 1
        if self._left < 0:
            raise TooManyError
        kind = type(value)
        if kind is str:
            return self._string(value, name)
        if kind in _ATOMS:
            text = repr(value)
            return redact_value(name, text) if self._shown and kind is bytes else text
        if id(value) in self._around:
            return "[...]"
        writer = _writer(kind)
        # The methods of a record's class are no data.
        self.is_whole &= writer not in (None, Text._record, Text._enum)
        if writer is None:
            return f"<{name_of(value if isinstance(value, _NAMED_THINGS) else kind)}>"
        self._around.add(id(value))
        try:
            return writer(self, value, name)
        finally:
            self._around.discard(id(value))

    def _string(self, value: str, name: str) -> str:
        if len(value) > LONGEST:
            digest = digest_of(self._relative(value).encode("utf-8", "surrogatepass"))
            return f"<str of {len(value):,}, blake3 {digest[:16]}>" if self._shown else digest
        text = repr(self._relative(value))
        if not self._shown:
            return text
        hidden = redact_value(name, text)
        if hidden != text:
            # Of two secrets of one name the digests tell that they are two.
            return hidden if hidden.startswith("(hidden") else f"{hidden} ({_short(text)})"
        hidden = redact(value)
        return text if hidden == value else f"{hidden!r} ({_short(text)})"

    def _integer(self, value: int, name: str) -> str:
        # Very long integers refuse to be written in decimal.
        return str(value) if value.bit_length() < 10_000 else hex(value)

    def _bytes(self, value: Any, name: str) -> str:
        text = repr(bytes(value)) if len(value) <= LONGEST else digest_of(bytes(value))
        return f"{type(value).__name__}({redact_value(name, text) if self._shown else text})"

    def _list(self, value: Iterable[Any], name: str) -> str:
        return f"[{self._listed(value, name)}]"

    def _tuple(self, value: tuple[Any, ...], name: str) -> str:
        return f"({self._listed(value, name)}{',' if len(value) == 1 else ''})"

    def _set(self, value: Iterable[Any], name: str) -> str:
        texts = sorted(self.of(item, name) for item in value)
        return f"{type(value).__name__}({', '.join(texts)})"

    def _other_list(self, value: Any, name: str) -> str:
        return f"{type(value).__name__}([{self._listed(value, name)}])"

    def _dict(self, value: Any, name: str) -> str:
        pairs = (f"{self.of(k)}: {self.of(v, name_within(name, k))}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"

    def _other_dict(self, value: Any, name: str) -> str:
        return f"{type(value).__name__}({self._dict(value, name)})"

    def _settings(self, value: Any, name: str) -> str:
        sections = {key: dict(value.items(key, raw=True)) for key in value}
        return f"ConfigParser({self._dict(sections, name)})"

    def _attributes(self, value: Any, name: str) -> str:
        return self._fields(value, vars(value).items(), name)

    def _record(self, value: Any, name: str) -> str:
        if dataclasses.is_dataclass(value):
            names = tuple(field.name for field in dataclasses.fields(value))
        else:
            names = value.__struct_fields__ if isinstance(value, msgspec.Struct) else value._fields
        pairs = [(key, getattr(value, key)) for key in names if hasattr(value, key)]
        return self._fields(value, pairs, name)

    def _fields(self, value: Any, pairs: Iterable[tuple[str, Any]], name: str) -> str:
        texts = (f"{key}={self.of(inner, name_within(name, key))}" for key, inner in pairs)
        return f"{name_of(type(value))}({', '.join(texts)})"

    def _enum(self, value: Enum, name: str) -> str:
        return f"{name_of(type(value))}.{value.name}({self.of(value.value, name)})"

    def _path(self, value: PurePath, name: str) -> str:
        kind = "Path" if isinstance(value, Path) else "PurePath"
        return f"{kind}({self._string(str(value), name)})"

    def _pattern(self, value: re.Pattern[Any], name: str) -> str:
        return f"re.compile({self.of(value.pattern)}, {value.flags})"

    def _plain(self, value: Any, name: str) -> str:
        return repr(value)

    def _listed(self, values: Iterable[Any], name: str) -> str:
        return ", ".join(self.of(value, name) for value in values)


# Any other object may make up attributes as it is asked for them.
_NAMED_THINGS = (type, FunctionType, BuiltinFunctionType)

_ATOMS = frozenset({NoneType, bool, float, complex, range, EllipsisType})

_Writer = Callable[[Text, Any, str], str]

_WRITERS: dict[type, _Writer] = {
    **dict.fromkeys((*_ATOMS, str), Text._plain),
    **dict.fromkeys((bytes, bytearray, memoryview), Text._bytes),
    **dict.fromkeys((set, frozenset), Text._set),
    **dict.fromkeys((OrderedDict, defaultdict, Counter, MappingProxyType), Text._other_dict),
    int: Text._integer,
    list: Text._list,
    tuple: Text._tuple,
    dict: Text._dict,
    deque: Text._other_list,
    re.Pattern: Text._pattern,
    SimpleNamespace: Text._attributes,
}

# By name, so that what nobody uses need not be imported.
_NAMED: dict[str, _Writer] = {
    **dict.fromkeys(
        (
            *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
            *("datetime.timezone", "zoneinfo.ZoneInfo", "decimal.Decimal", "fractions.Fraction"),
            *("uuid.UUID",),
        ),
        Text._plain,
    ),
    "argparse.Namespace": Text._attributes,
    "configparser.ConfigParser": Text._settings,
    "configparser.RawConfigParser": Text._settings,
}


def _writer(kind: type) -> _Writer | None:
    writer = _WRITERS.get(kind) or _NAMED.get(f"{kind.__module__}.{kind.__qualname__}")
    if writer is not None:
        return writer
    if issubclass(kind, Enum):
        return Text._enum
    if issubclass(kind, PurePath):
        return Text._path
    is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    if is_named_tuple or issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind):
        return Text._record
    return None


def name_within(name: str, key: object) -> str:
    """The name of what a named thing has under a key: all that a secret holds is secret."""
    return name if is_secret(name) or not isinstance(key, str) else key


def name_of(value: Any) -> str:
    """Return the name of a function or class."""
    module: str | None = value.__module__
    return value.__qualname__ if module in {None, "builtins"} else f"{module}.{value.__qualname__}"


def _short(text: str) -> str:
    return f"blake3 {digest_of(text.encode('utf-8', 'surrogatepass'))[:16]}"


def digest_of(data: bytes) -> str:
    """Return a digest in hexadecimal."""
    return blake3(data).hexdigest(length=16)
