"""What holds for one attempt: its lease, how the stage is to be run, and where targets are made."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec
from doit.task import Stream, Task

from datamake import files
from datamake.audit import Audit
from datamake.dependency import Dependency
from datamake.model import Seen, Stage
from datamake.naming import targets_in_place
from datamake.policy import Policy
from datamake.staging import Declared, Staging
from datamake.store_rows import Underway


class Terms(msgspec.Struct, frozen=True):
    """What holds for one attempt. `shared` and `others` are as in Declared."""

    lease: Underway
    policy: Policy
    audit: Audit
    stream: Stream
    shared: frozenset[str] = frozenset()
    others: Mapping[str, tuple[str, ...]] = {}

    def staging(
        self, task: Task, stage: Stage, dependency: Dependency, by_name: set[str], root: str
    ) -> Staging:
        """Return where the actions of a task make its targets.

        `by_name` are the targets that they are known to write under their own names.
        """
        around = dict.fromkeys(os.path.dirname(path) for path in stage.targets)
        declared = Declared(
            root=root,
            inputs=stage.file_dep,
            shared=self.shared,
            unmixed=self._unmixed(stage, dependency),
            others=self.others,
            token=dependency.spare.take(around),
        )
        staging = Staging(task.targets, declared)
        in_place = by_name | targets_in_place(task, staging)
        if in_place <= staging.in_place:
            return staging
        return Staging(task.targets, msgspec.structs.replace(declared, in_place=in_place))

    def _unmixed(self, stage: Stage, dependency: Dependency) -> frozenset[str]:
        """Return the folders in which all but other stages' files is as the stage left it.

        What a person put into another one can't be told from what the stage made there.
        """
        store, seen = dependency.store, dependency.seen[stage.name].outputs
        folders = [path for path in stage.targets if files.is_folder(path)]
        own = (p for p in folders if store.made_folder(p) and seen.get(p) == store.built(p))
        return frozenset(own)


def written_by_name(stage: Stage, seen: Seen, dependency: Dependency) -> set[str]:
    """Return the targets that the present code of a stage wrote under their own names before."""
    record = dependency.judge.known_at(stage, seen.version).record
    if record is None or record.meaning.code != seen.meaning.code:
        return set()
    return set(record.by_name)
