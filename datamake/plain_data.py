"""Stable text of plain data: equal text, equal data, in every process and wherever a project lies."""

from __future__ import annotations

import dataclasses
import marshal
import os
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path, PurePath
from types import EllipsisType, FunctionType, MappingProxyType, NoneType, SimpleNamespace
from typing import Any

import msgspec
from blake3 import blake3

from datamake.redaction import is_secret, redact, redact_value

# What stands for the project's folder, so that a project may be moved.
FOLDER = "<project>"

# So many values are looked at one by one; of more, the whole is taken at the speed of C.
MOST = 10_000

# A longer string stands as its digest.
LONGEST = 10_000


class _TooMany(Exception):
    pass


class PlainData:
    """Writes plain data down, with paths relative to one project's folder.

    Plain are the values of Python's own types and the standard library's for dates, numbers and
    paths, and lists, dictionaries, sets, records and enumerations of such. Within them, other
    values stand as their class, functions and classes as their name.
    """

    def __init__(self, root: str) -> None:
        folders = {os.path.abspath(root), os.path.realpath(root)} - {os.sep}
        either = "|".join(map(re.escape, sorted(folders, key=len, reverse=True)))
        # Not within the name of another file.
        self._folder = re.compile(rf"(?<![\w.\-])(?:{either})(?![\w.\-])") if folders else None
        marshalled = either.encode("utf-8", "surrogateescape")
        self._marshalled = re.compile(rb"u.{4}(?:" + marshalled + rb")(?![\w.\-])", re.DOTALL)

    def digest(self, value: object) -> str:
        """Return a digest of data; an empty text for what is none, such as a function."""
        if not is_data(value):
            return ""
        try:
            text = _Text(self.relative, MOST).of(value)
        except _TooMany:
            return self._digest_of_many(value)
        except RecursionError:
            text = f"<{_name(type(value))}: nested too deeply>"
        return _digest(text.encode("utf-8", "surrogatepass"))

    def text(self, name: str, value: object) -> str:
        """Return the text of a named value to be shown: secrets are hidden, much is a digest."""
        try:
            return _Text(self.relative, MOST, shown=True).of(value, name)
        except (_TooMany, RecursionError):
            size = f" of {len(value):,}" if hasattr(value, "__len__") else ""
            return f"<{_name(type(value))}{size}, blake3 {self.digest(value)[:16]}>"

    def relative(self, text: str) -> str:
        """Return a text with the project's folder replaced by what stands for it."""
        return text if self._folder is None else self._folder.sub(FOLDER, text)

    def _digest_of_many(self, value: object) -> str:
        try:
            # The first format knows nothing of interned or shared objects; sets are sorted.
            written = marshal.dumps(value, 0)
        except ValueError:  # there are others than Python's own types in it
            text = _Text(self.relative, sys.maxsize).of(value)
            written = text.encode("utf-8", "surrogatepass")
        return _digest(self._marshalled.sub(FOLDER.encode(), written))


def is_data(value: object) -> bool:
    """Whether a value is plain data, and no function, module or object of its own kind."""
    return _writer(type(value)) is not None


def callables_in(value: object, most: int) -> list[Any]:
    """Return the functions, classes and partials that a container holds, at most so many."""
    found: list[Any] = []
    waiting, seen = [value], 0
    while waiting and seen < most:
        item = waiting.pop()
        seen += 1
        if isinstance(item, dict):
            waiting.extend((*item.values(), *item))
        elif isinstance(item, list | tuple | set | frozenset | deque):
            waiting.extend(item)
        elif callable(item):
            found.append(item)
    return found


class _Text:
    def __init__(self, relative: Callable[[str], str], most: int, *, shown: bool = False) -> None:
        self._relative = relative
        self._left = most
        self._shown = shown
        self._around: set[int] = set()

    def of(self, value: Any, name: str = "") -> str:
        """Return the text of a value; `name` is what it is known by, for secrets."""
        self._left -= 1
        if self._left < 0:
            raise _TooMany
        kind = type(value)
        if kind is str:
            return self._string(value, name)
        if kind in _ATOMS:
            text = repr(value)
            return redact_value(name, text) if self._shown and kind is bytes else text
        if id(value) in self._around:
            return "[...]"
        writer = _writer(kind)
        if writer is None:
            return f"<{_name(value) if _has_name(value) else _name(kind)}>"
        self._around.add(id(value))
        try:
            return writer(self, value, name)
        finally:
            self._around.discard(id(value))

    def _string(self, value: str, name: str) -> str:
        if len(value) > LONGEST:
            digest = _digest(self._relative(value).encode("utf-8", "surrogatepass"))
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
        text = repr(bytes(value)) if len(value) <= LONGEST else _digest(bytes(value))
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
        sections = {key: dict(section.items(raw=True)) for key, section in value.items()}
        return f"ConfigParser({self._dict(sections, name)})"

    def _attributes(self, value: Any, name: str) -> str:
        return self._fields(value, vars(value).items(), name)

    def _record(self, value: Any, name: str) -> str:
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
        else:
            names = getattr(value, "__struct_fields__", None) or value._fields
        return self._fields(value, [(n, getattr(value, n)) for n in names if hasattr(value, n)], name)

    def _fields(self, value: Any, pairs: Iterable[tuple[str, Any]], name: str) -> str:
        texts = (f"{key}={self.of(inner, name_within(name, key))}" for key, inner in pairs)
        return f"{_name(type(value))}({', '.join(texts)})"

    def _enum(self, value: Enum, name: str) -> str:
        return f"{_name(type(value))}.{value.name}({self.of(value.value, name)})"

    def _path(self, value: PurePath, name: str) -> str:
        kind = "Path" if isinstance(value, Path) else "PurePath"
        return f"{kind}({self._string(str(value), name)})"

    def _pattern(self, value: re.Pattern[Any], name: str) -> str:
        return f"re.compile({self.of(value.pattern)}, {value.flags})"

    def _plain(self, value: Any, name: str) -> str:
        return repr(value)

    def _listed(self, values: Iterable[Any], name: str) -> str:
        return ", ".join(self.of(value, name) for value in values)


_ATOMS = frozenset({NoneType, bool, float, complex, range, EllipsisType})

_Writer = Callable[[_Text, Any, str], str]

_WRITERS: dict[type, _Writer] = {
    **dict.fromkeys((*_ATOMS, str), _Text._plain),
    **dict.fromkeys((bytes, bytearray, memoryview), _Text._bytes),
    **dict.fromkeys((set, frozenset), _Text._set),
    **dict.fromkeys((OrderedDict, defaultdict, Counter, MappingProxyType), _Text._other_dict),
    int: _Text._integer,
    list: _Text._list,
    tuple: _Text._tuple,
    dict: _Text._dict,
    deque: _Text._other_list,
    re.Pattern: _Text._pattern,
    SimpleNamespace: _Text._attributes,
}

# By name, so that what nobody uses need not be imported.
_NAMED: dict[str, _Writer] = {
    **dict.fromkeys(
        (
            *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
            *("datetime.timezone", "zoneinfo.ZoneInfo", "decimal.Decimal", "fractions.Fraction"),
            *("uuid.UUID",),
        ),
        _Text._plain,
    ),
    "argparse.Namespace": _Text._attributes,
    "configparser.ConfigParser": _Text._settings,
    "configparser.RawConfigParser": _Text._settings,
}


def _writer(kind: type) -> _Writer | None:
    writer = _WRITERS.get(kind) or _NAMED.get(f"{kind.__module__}.{kind.__qualname__}")
    if writer is not None:
        return writer
    if issubclass(kind, Enum):
        return _Text._enum
    if issubclass(kind, PurePath):
        return _Text._path
    is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    if is_named_tuple or issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind):
        return _Text._record
    return None


def name_within(name: str, key: object) -> str:
    """The name of what a named thing has under a key: all that a secret holds is secret."""
    return name if is_secret(name) or not isinstance(key, str) else key


def _has_name(value: object) -> bool:
    return isinstance(value, FunctionType | type) or isinstance(
        getattr(value, "__qualname__", None), str
    )


def _name(value: Any) -> str:
    module = getattr(value, "__module__", None)
    name = value.__qualname__
    return name if module in {None, "builtins"} else f"{module}.{name}"


def _short(text: str) -> str:
    return f"blake3 {_digest(text.encode('utf-8', 'surrogatepass'))[:16]}"


def _digest(data: bytes) -> str:
    return blake3(data).hexdigest(length=16)
