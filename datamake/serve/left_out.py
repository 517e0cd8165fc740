"""What a picture leaves out because there would be too much in it, in words."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

# More boxes than this are first drawn without files, then with smaller groups folded.
MANY_NODES = 200
# More are not drawn at all.
MOST_NODES = 2_000


class LeftOut(Struct, frozen=True):
    """Files, or single sub-tasks of groups, that a picture leaves out.

    `boxes` is how many there would be with all that was asked for. Groups of more than `folded`
    sub-tasks are one box each where fewer are folded than usual, else it is 0. `around` says that
    only what is around a stage is shown.
    """

    files: bool
    boxes: int
    folded: int = 0
    around: bool = False

    @property
    def can_be_shown(self) -> bool:
        """Whether who insists gets the files."""
        return self.files and self.boxes <= MOST_NODES

    @property
    def words(self) -> str:
        """What is left out, why, and what leads to it."""
        groups = f"groups of more than {self.folded} sub-tasks are one box each"
        if not self.files:
            return f"{groups.capitalize()}: there would be {self.boxes:,} boxes otherwise."
        also = f", and {groups}" if self.folded else ""
        size = f"with all of them there would be {self.boxes:,} boxes"
        if self.can_be_shown:
            return f"Files are left out{also}: {size}."
        if self.around:
            narrow = "take fewer steps upstream and downstream"
        else:
            narrow = "find a stage, and look only at what is around it"
        return (
            f"Files are left out{also}: {size}, and more than {MOST_NODES:,} are not drawn."
            f" To see files, {narrow}."
        )

    def told(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "files": self.files,
            "boxes": self.boxes,
            "can_be_shown": self.can_be_shown,
            "words": self.words,
        }
