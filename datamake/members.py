"""Members of enumerations in the recorded text of a value, as people write them."""

import re

# A text in quotation marks, as Python writes it, is passed over.
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""

# `tasks.paint.Colour#39202126f820b1a8.RED(`, where only the member's value follows. Neither a
# function nor an object has a dot behind the digest of its code.
_MEMBER = re.compile(
    rf"{_QUOTED}|(?:[\w.]+\.(?:<locals>\.)?)?(?P<kind>\w+)#[0-9a-f]{{16}}\.(?P<name>[\w|]+)\("
)

_PART = re.compile(rf"{_QUOTED}|[()]")


def plainly(text: str) -> str:
    """Return the text that `describe` gave of a value, with members as `Colour.RED`.

    The digest of their class and their values, which are recorded with them, are left out.
    """
    told: list[str] = []
    end = 0
    for found in _MEMBER.finditer(text):
        closed = _behind(text, found.end()) if found["name"] else None
        if closed is None or found.start() < end:
            continue  # a text, one that was cut, or what lies in a member's value
        name = found["name"]
        # What has no name of its own, as no flag at all, is known by its value.
        member = text[found.end() - 1 : closed] if name == "None" else f".{name}"
        told += text[end : found.start()], found["kind"], member
        end = closed
    return "".join([*told, text[end:]])


def told_apart(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Return two different texts of one value plainly, as long as they still differ then.

    They don't where the code of the class is another, or a member's value.
    """
    plain = tuple(None if text is None else plainly(text) for text in (before, after))
    return (before, after) if plain[0] == plain[1] else (plain[0], plain[1])


def _behind(text: str, start: int) -> int | None:
    """Return where the parenthesis that was opened before `start` is closed; None if nowhere."""
    depth = 1
    for found in _PART.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return None
