"""Who shows a run: hears what happens in it, one event after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamake.show.events import Event

if TYPE_CHECKING:
    from datamake.forecast import Expected


class Listener:
    """Shows a run. Its methods are called from several threads, one at a time.

    `wants_all` says whether it is to hear what stages write, and nothing of that to be written
    where they run; `wants_progress` whether it is to hear how far stages have come, and what to
    expect of them.
    """

    wants_all = False
    wants_progress = False

    def expect(self, expected: Expected) -> None:
        """Hear how long the stages of the run will take, before it begins."""

    def hear(self, event: Event) -> None:
        """Show an event."""

    def close(self) -> None:
        """Leave everything as it was found. It may be called more than once."""
