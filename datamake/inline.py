"""Who runs actions where one stage is built at a time: this thread, while the others wait."""

from __future__ import annotations

from datamake.acting import Acted, Work, act


class Inline:
    """Stands in the place of an executor. A future for what is done already would be dear."""

    def act(self, work: Work) -> Acted:
        """Run the actions, and return what became of them."""
        return act(work)
