"""A build that nobody can take forward is undone, and waited for by nobody."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Executor
from typing import Any

import pytest
from doit.task import Stream, Task

from datamake.acting import Work
from datamake.audit import Audit
from datamake.crew import Build, Crew
from datamake.policy import Policy
from datamake.resources import Resources
from datamake.staging import Declared, Staging


class Refusing(Executor):
    """Takes no work."""

    def submit(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("can't start new thread")


def test_a_build_whose_work_nobody_takes_is_undone(tmp_path: Any) -> None:
    undone = []

    def steps() -> Generator[Work, Any, None]:
        try:
            yield Work(
                task=Task("t", None),
                staging=Staging([], Declared(root=str(tmp_path))),
                token="token",
                policy=Policy(),
                audit=Audit(str(tmp_path), dict),
                root=str(tmp_path),
                stream=Stream(0),
            )
        except RuntimeError as error:
            undone.append(str(error))
            raise

    crew = Crew(Refusing(), 1, Resources({"gpu": 1}))
    with pytest.raises(RuntimeError, match="can't start new thread"):
        crew.begin(Build(node=None, steps=steps(), needs={"gpu": 1}))
    assert undone == ["can't start new thread"]
    assert len(crew) == 0
    assert crew.has_room and crew.fits({"gpu": 1})
