"""What a parameter may be: how a text becomes a value, and a value becomes text again."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

import msgspec

from datamake.parameters.scalars import MeantError, Plain
from datamake.spelling import nearest


class MisfitError(ValueError):
    """A value does not fit its kind; the text says what it must be."""

    def __init__(self, noun: str, hint: str = "", item: str = "") -> None:
        super().__init__(f"{item}must be {noun}" + (f" (did you mean {hint}?)" if hint else ""))
        self.noun = noun
        self.hint = hint


class Kind(msgspec.Struct, frozen=True):
    """One kind of value: `words` stand in a help text, `noun` follows "must be"."""

    words: str
    noun: str
    description: str

    def read(self, value: object) -> Any:
        """The typed value of a text, of a TOML value or of an already typed value.

        Raises MisfitError where `value` does not fit.
        """
        raise NotImplementedError

    def text(self, value: Any) -> str:
        """What to type to get `value`, which is a value of this kind."""
        raise NotImplementedError


class Scalar(Kind, frozen=True):
    """One value of a plain type, with the bounds that msgspec checks in `bounded`."""

    plain: Plain
    bounded: Any

    def read(self, value: object) -> Any:
        """One value within the bounds."""
        try:
            return msgspec.convert(self.plain.read(value), self.bounded)
        except MeantError as meant:
            hint = str(meant) if self._fits(str(meant)) else ""
            raise MisfitError(self.noun, hint=hint) from None
        except (ValueError, OverflowError):
            raise MisfitError(self.noun) from None

    def text(self, value: Any) -> str:
        """The value as its plain type is written."""
        return self.plain.text(value)

    def _fits(self, text: str) -> bool:
        try:
            msgspec.convert(self.plain.read(text), self.bounded)
        except ValueError:
            return False
        return True


class Choice(Kind, frozen=True):
    """One of a few values, each with the texts that give it, from a Literal or an Enum."""

    values: tuple[object, ...]
    texts: dict[str, object]

    def read(self, value: object) -> object:
        """The choice itself, or the one that a text or a number gives."""
        for choice in self.values:
            if type(choice) is type(value) and choice == value:
                return choice
        text = str(value) if type(value) is int else value
        if isinstance(text, str) and text in self.texts:
            return self.texts[text]
        found = nearest(text, self.texts) if isinstance(text, str) else None
        raise MisfitError(self.noun, hint=quoted(self.texts[found]) if found is not None else "")

    def text(self, value: Any) -> str:
        """The text of a Literal, the value of an Enum if it is text and its name if not."""
        return choice_text(value)


class Listing(Kind, frozen=True):
    """Several values of one kind, as text with commas between them."""

    item: Kind
    container: type
    bounded: Any

    def read(self, value: object) -> Any:
        """The items, of a text split at its commas or of an array, in the container."""
        numbered = enumerate(_split(value), start=1)
        items = self.container(self._item(number, item) for number, item in numbered)
        try:
            msgspec.convert(items, self.bounded)
        except ValueError:
            raise MisfitError(self.noun) from None
        return items

    def text(self, value: Iterable[Any]) -> str:
        """The items with commas between them, those of a set sorted."""
        texts = [self.item.text(item) for item in value]
        # A set has no order of its own, and the same set must give the same text.
        return ",".join(sorted(texts) if issubclass(self.container, set | frozenset) else texts)

    def _item(self, number: int, item: object) -> object:
        try:
            if item == "":
                raise MisfitError(self.item.noun)
            return self.item.read(item)
        except MisfitError as refused:
            where = f"item {number} ({shown(item)}) " if item != "" else f"item {number} is empty, "
            raise MisfitError(refused.noun, refused.hint, where) from None


class OneOf(Kind, frozen=True):
    """A value of the first kind that takes it, or None for one of `none_texts`."""

    members: tuple[Kind, ...]
    none_texts: tuple[str, ...]

    def read(self, value: object) -> Any:
        """The value of the first member that takes it."""
        text = value.strip().lower() if isinstance(value, str) else value
        if self.none_texts and (text is None or text in self.none_texts):
            return None
        hints = []
        for member in self.members:
            try:
                return member.read(value)
            except MisfitError as refused:
                hints.append(refused.hint)
        raise MisfitError(self.noun, hint=next(filter(None, hints), ""))

    def text(self, value: Any) -> str:
        """The value as the member that reads it again writes it."""
        if value is None:
            return self.none_texts[0]
        for member in self.members:
            try:
                read = member.read(value)
            except MisfitError:
                continue
            if type(read) is type(value) and read == value:
                return member.text(value)
        return str(value)


def shown(value: object) -> str:
    """A value on one line, as it was typed where that can be printed."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(shown, value))
    text = str(value)
    return text if text.isprintable() else repr(text)


def choice_text(value: object) -> str:
    """What to type to get a choice of an Enum or of a Literal."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    return shown(value)


def quoted(value: object) -> str:
    """A choice as a message shows it: texts in quotes."""
    text = choice_text(value)
    return repr(text) if isinstance(value, str | Enum) else text


def _split(value: object) -> list[object]:
    """The items of a text or of a TOML array; any other value is the only item."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")] if value.strip() else []
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
