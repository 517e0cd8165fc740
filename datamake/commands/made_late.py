"""The tasks of a command that may get along without making them."""

from __future__ import annotations

from doit.task import Task

from datamake.declared import each


class MadeLate:
    """A doit command whose `task_list` is made of what was `loaded` when somebody asks for it.

    To be inherited before a doit command.
    """

    takes_batches = True
    loaded: list[Task]
    _is_made = False

    @property
    def task_list(self) -> list[Task]:
        """All tasks. Raises doit's errors for what is none."""
        if not self._is_made:
            self.loaded, self._is_made = each(self.loaded), True
        return self.loaded

    @task_list.setter
    def task_list(self, loaded: list[Task]) -> None:
        self.loaded, self._is_made = loaded, False
