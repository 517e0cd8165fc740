"""The result: what an action means, part by part."""

from collections.abc import Mapping

import msgspec
from blake3 import blake3


class Part(msgspec.Struct, frozen=True):
    """One piece of code or captured value: its meaning's digest, and its text."""

    meaning: str
    text: str


class Code(msgspec.Struct, frozen=True):
    """What a callable means: equal `digest`, equal meaning.

    Its parts are named by file and definition, `tasks/squares.py:square`, or by what holds
    a value, `tasks/squares.py:square n`. Under these names `sources` has their texts as
    they are written, and `digests` their meanings', which stay the same when only layout,
    comments or docstrings change. `values` has digests of the values of modules that count, by
    file and address. With other values that were read at run time among the parts, `held`, it may
    differ while the source files and those values are the same.
    """

    digest: str
    digests: dict[str, str]
    sources: dict[str, str]
    values: dict[str, str] = {}
    held: bool = False


def code_of(
    parts: Mapping[str, Part], values: Mapping[str, str] | None = None, *, held: bool = False
) -> Code:
    """Put parts together; their order does not matter."""
    names = sorted(parts)
    whole = "".join(f"{name}\0{parts[name].meaning}\0" for name in names)
    return Code(
        digest_of(whole),
        {name: parts[name].meaning for name in names},
        {name: parts[name].text for name in names},
        dict(values or {}),
        held,
    )


def part_of(text: str) -> Part:
    """A part whose text is its meaning."""
    return Part(digest_of(text), text)


def digest_of(text: str) -> str:
    """A digest of text in hexadecimal. Text from source may hold lone surrogates."""
    return blake3(text.encode("utf-8", "surrogatepass")).hexdigest(length=16)
