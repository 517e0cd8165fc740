"""What actions made of a target: where it is, and where it leads if it is a link."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

from datamake.model import StagedTarget


class Made(Struct, frozen=True):
    """Where actions made a target: staged, or under its own name after all; what `lstat` found."""

    place: str
    found: os.stat_result | None

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.found is not None and stat.S_ISLNK(self.found.st_mode)


def leads_somewhere(made: str, target: StagedTarget) -> bool:
    """Whether a link leads to something from where it was made, or will from its own place."""
    return os.path.exists(made) or os.path.exists(_led_to(made, target.path))


def _led_to(link: str, place: str) -> str:
    """Return what a link would lead to if it lay at a place."""
    return os.path.join(os.path.dirname(place), os.readlink(link))


def aim_link(staged: str, place: str, token: str) -> None:
    """Have a link lead from its place to where it led from the staging folder of this name."""
    real = os.path.realpath(staged)
    inside = token in real.split(os.sep)
    if inside or os.path.exists(_led_to(staged, place)):
        return
    os.remove(staged)
    os.symlink(os.path.relpath(real, os.path.dirname(place) or "."), staged)
