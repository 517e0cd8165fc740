"""What holds for one attempt: its lease, how the stage is to be run, and where targets are made."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from doit.task import Stream, Task

from datamake import files
from datamake.audit import Audit
from datamake.dependency import Dependency
from datamake.model import Record, Stage
from datamake.naming import targets_in_place
from datamake.paths import folder_of
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
        self, task: Task, stage: Stage, dependency: Dependency, record: Record | None, root: str
    ) -> Staging:
        """Return where the actions of a task make its targets, of which there may be a record."""
        links = None if record is None else record.links
        around = dict.fromkeys(map(folder_of, stage.targets))
        declared = Declared(
            root=root,
            inputs=stage.file_dep,
            shared=self.shared,
            unmixed=self._unmixed(stage, dependency),
            others=self.others,
            token=dependency.spare.take(around),
            links=links,
            elsewhere=lambda place: dependency.declared_places.overlap(place, stage.targets),
        )
        staging = Staging(task.targets, declared)
        code = dependency.seen[stage.name].meaning.code
        in_place = written_by_name(record, code) | targets_in_place(task, staging)
        if in_place <= staging.in_place:
            return staging
        return Staging(task.targets, msgspec.structs.replace(declared, in_place=in_place))

    def _unmixed(self, stage: Stage, dependency: Dependency) -> frozenset[str]:
        """Return the folders in which all but other stages' files is as the stage left it.

        What a person put into another one can't be told from what the stage made there.
        """
        store, seen = dependency.store, dependency.seen[stage.name].outputs
        there = [path for path in stage.targets if seen.get(path) is not None]
        folders = [path for path in there if files.is_folder(path) and store.made_folder(path)]
        return frozenset(path for path in folders if seen[path] == store.built(path))


def written_by_name(record: Record | None, code: Mapping[str, str]) -> set[str]:
    """Return the targets that the present code of a stage wrote under their own names before."""
    if record is None or record.meaning.code != code:
        return set()
    return set(record.by_name)
