"""Which kind of value an annotation asks for, with its bounds in words."""

import contextlib
import types
import typing
from collections.abc import Iterable, Sequence
from enum import Enum, Flag
from typing import Annotated, Any

import msgspec

from datamake.parameters.kinds import (
    Choice,
    Kind,
    Listing,
    OneOf,
    Scalar,
    choice_text,
    quoted,
    shown,
)
from datamake.parameters.scalars import plain_of

SUPPORTED = (
    "int, float, bool, str, date, datetime, timedelta, Path, Enum, Literal, "
    "X | None, list[X], tuple[X, ...], set[X]"
)

CONTAINERS: dict[Any, type] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    Sequence: tuple,
}

NONE_TEXTS = ("none", "null", "")


def kind_of(annotation: Any, metas: tuple[msgspec.Meta, ...] = ()) -> Kind:
    """The kind that a resolved annotation asks for, within the bounds of `metas`.

    Raises TypeError for a type that no text can give or that has no such bounds, ValueError for
    bounds past 64 bits; both say why.
    """
    annotation = _unaliased(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        own = (meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta))
        return kind_of(arguments[0], (*own, *metas))
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, metas)
    if origin is typing.Literal:
        return _choice(arguments, metas)
    if (origin or annotation) in CONTAINERS:
        return _listing(origin or annotation, arguments, metas)
    if _is_choice(annotation):
        return _choice(tuple(annotation), metas)
    return _scalar(annotation, metas)


def _unaliased(annotation: Any) -> Any:
    # `type X = ...` holds what it stands for in __value__, NewType in __supertype__.
    while aliases := [name for name in ("__value__", "__supertype__") if hasattr(annotation, name)]:
        annotation = getattr(annotation, aliases[0])
    return annotation


def _is_choice(annotation: Any) -> bool:
    # The members of a Flag are combined, which a choice of one cannot give.
    wanted = isinstance(annotation, type) and issubclass(annotation, Enum)
    return wanted and not issubclass(annotation, Flag)


def _scalar(annotation: Any, metas: tuple[msgspec.Meta, ...]) -> Scalar:
    plain = plain_of(annotation) if isinstance(annotation, type) else None
    if plain is None:
        name = annotation.__qualname__ if isinstance(annotation, type) else repr(annotation)
        raise TypeError(f"{name} is no type for a parameter, use {SUPPORTED}")
    bounds = _bounds(metas, "character")
    return Scalar(
        words=plain.words + bounds,
        noun=plain.noun + bounds,
        description=_description(metas),
        plain=plain,
        bounded=_bounded(annotation, metas),
    )


def _choice(values: tuple[object, ...], metas: tuple[msgspec.Meta, ...]) -> Kind:
    if None in values:
        rest = tuple(value for value in values if value is not None)
        return _one_of((typing.Literal[rest], type(None)), metas)
    if not all(isinstance(value, str | int | Enum) for value in values):
        raise TypeError(f"choices are of str, int, bool or Enum, not {shown(values)}")
    if _bounds(metas, ""):
        raise TypeError("bounds do not fit a choice of values")
    words = f"one of {', '.join(map(quoted, values))}"
    return Choice(words, words, _description(metas), values=values, texts=_choice_texts(values))


def _choice_texts(values: tuple[object, ...]) -> dict[str, object]:
    """Every text that gives a choice; where two give the same, the first that `text` writes."""
    texts = {choice_text(value): value for value in reversed(values)}
    for value in values:
        if isinstance(value, Enum):
            texts.setdefault(value.name, value)
            if isinstance(value.value, int):
                texts.setdefault(str(value.value), value)
    return texts


def _listing(container: Any, arguments: tuple[Any, ...], metas: tuple[msgspec.Meta, ...]) -> Kind:
    if container is tuple and arguments and arguments[1:] != (...,):
        raise TypeError(f"a tuple of fixed length is no type for a parameter, use {SUPPORTED}")
    item = kind_of(arguments[0] if arguments else str)
    if isinstance(item, Listing):
        raise TypeError(f"a list of lists is no type for a parameter, use {SUPPORTED}")
    of = " of " if isinstance(item, Scalar) else ", each "
    words = f"comma separated list{of}{item.words}{_bounds(metas, 'item')}"
    return Listing(
        words=words,
        noun=f"a {words}",
        description=_description(metas),
        item=item,
        container=CONTAINERS[container],
        bounded=_bounded(CONTAINERS[container], metas),
    )


def _one_of(annotations: tuple[Any, ...], metas: tuple[msgspec.Meta, ...]) -> Kind:
    kinds = [kind_of(each, metas) for each in annotations if each is not type(None)]
    # A str takes every text, so the others look first.
    members = tuple(sorted(kinds, key=_takes_every_text))
    words = " or ".join(member.words for member in members)
    noun = " or ".join(member.noun for member in members)
    none_texts: tuple[str, ...] = ()
    if type(None) in annotations:
        # What a member takes itself is not None: a str "none", a choice "none", an empty list.
        taken = {text.lower() for member in members for text in _taken(member)}
        none_texts = tuple(text for text in NONE_TEXTS if text not in taken) or NONE_TEXTS[:1]
        none = " or none" if none_texts[0] else ", or empty for none"
        words, noun = words + none, noun + none
    description = next((member.description for member in members if member.description), "")
    return OneOf(words, noun, description, members=members, none_texts=none_texts)


def _takes_every_text(kind: Kind) -> bool:
    return isinstance(kind, Scalar) and kind.plain is plain_of(str)


def _taken(kind: Kind) -> Iterable[str]:
    if isinstance(kind, Choice):
        return kind.texts
    if isinstance(kind, Listing):
        return ("",)
    return ("none", "null") if _takes_every_text(kind) else ()


def _bounded(annotation: Any, metas: tuple[msgspec.Meta, ...]) -> Any:
    """The type with its bounds, as msgspec checks it; TypeError or ValueError if it cannot."""
    annotated: Any = Annotated
    bounded = annotated[(annotation, *metas)] if metas else annotation
    with contextlib.suppress(msgspec.ValidationError):
        msgspec.convert(None, bounded)
    return bounded


def _description(metas: tuple[msgspec.Meta, ...]) -> str:
    return next((meta.description for meta in reversed(metas) if meta.description), "")


def _bounds(metas: tuple[msgspec.Meta, ...], unit: str) -> str:
    """The bounds in words that follow a noun, such as " >= 0 and <= 9"; nothing without bounds."""
    found = [words for meta in metas for words in _bounds_of(meta, unit)]
    return " " + " and ".join(found) if found else ""


def _bounds_of(meta: msgspec.Meta, unit: str) -> list[str]:
    bounds = {
        "gt": f"> {meta.gt}",
        "ge": f">= {meta.ge}",
        "lt": f"< {meta.lt}",
        "le": f"<= {meta.le}",
        "multiple_of": f"divisible by {meta.multiple_of}",
        "min_length": f"with at least {_count(meta.min_length, unit)}",
        "max_length": f"with at most {_count(meta.max_length, unit)}",
        "pattern": f"matching {meta.pattern!r}",
        "tz": "with a time zone" if meta.tz else "without a time zone",
    }
    return [words for name, words in bounds.items() if getattr(meta, name) is not None]


def _count(number: int | None, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
