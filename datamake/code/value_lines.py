"""Lines of comments that say what a value of a module is, for whoever looks at its code."""

import functools
from collections.abc import Iterator
from typing import Any

from datamake.plain_data import PlainData
from datamake.plain_text import name_within
from datamake.present import constant_keys

# How much of one value is shown.
MOST_LINES = 100
LONGEST_LINE = 200
SHORT = 80
DEEPEST = 3


def value_lines(address: str, value: Any, data: PlainData) -> list[str]:
    """Say what a name is, `Class.attribute`, or the `function(parameter)` that has a default."""
    name = address.rstrip(")").rpartition("(")[2] if "(" in address else address
    return _cut(name, name.rpartition(".")[2], value, data)


def entry_lines(address: str, value: Any, data: PlainData) -> list[str]:
    """Say what a table has for the constant keys of an address, each key behind the other."""
    name = functools.reduce(name_within, constant_keys(address), address.partition("[")[0])
    return _cut(address, name, value, data)


def _cut(place: str, name: str, value: Any, data: PlainData) -> list[str]:
    """Lines for a value, each key of long dictionaries on its own, not too many."""
    lines = list(_lines(place, name, value, data))
    if len(lines) > MOST_LINES:
        rest = f"# {place}: {len(lines) - MOST_LINES:,} more ({data.digest(value)[:16]})"
        lines = [*lines[:MOST_LINES], rest]
    return lines


def _lines(place: str, name: str, value: Any, data: PlainData, depth: int = 0) -> Iterator[str]:
    text = data.text(name, value)
    opens = depth < DEEPEST and _is_opened(value, text)
    if opens and type(value) is dict:
        for key, inner in value.items():
            within = f"{place}[{data.text(name, key)}]"
            yield from _lines(within, name_within(name, key), inner, data, depth + 1)
    elif opens and type(value) in (list, tuple):
        for inner in value:
            yield from _lines(f"{place}[]", name, inner, data, depth + 1)
    elif len(text) > LONGEST_LINE:
        yield f"# {place} = {text[:LONGEST_LINE]}… (blake3 {data.digest([value])[:16]})"
    else:
        yield f"# {place} = {text}"


def _is_opened(value: Any, text: str) -> bool:
    """Whether a container is better shown by a line for each of what it holds."""
    if type(value) not in (dict, list, tuple):
        return False
    is_digest = text.startswith("<")
    return len(value) <= MOST_LINES if is_digest else len(text) > SHORT
