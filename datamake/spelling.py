"""What somebody may have meant by a word that nothing here is called."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, whatever its case; None where none comes near."""
    import difflib

    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[found[0]] if found else None


def hint(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """How a message about an unknown word ends: with what was meant, or else with `otherwise`."""
    meant = nearest(word, known)
    return f": did you mean {meant!r}?" if meant else otherwise
