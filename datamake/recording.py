"""Records a good attempt, and ends its lease, with the record where nothing is left to clear."""

from __future__ import annotations

import os

from datamake.account import Account
from datamake.dependency import Dependency
from datamake.model import FileState, Fresh, Record, Seen, Stage
from datamake.outcome import Outcome, Output
from datamake.settle import Settlement
from datamake.staging import Staging


class Recording:
    """The record of one attempt at a stage: `record` within its lease, then `release`."""

    def __init__(
        self, stage: Stage, seen: Seen, dependency: Dependency, settlement: Settlement
    ) -> None:
        self._stage = stage
        self._seen = seen
        self._dependency = dependency
        self._settlement = settlement
        self._staging: Staging = settlement.staging
        self._spare: list[str] | None = None
        self._released = False

    def record(
        self,
        outputs: dict[str, FileState],
        saved: tuple[str, str],
        by_name: set[str],
        outcome: Outcome,
        account: Account,
    ) -> None:
        """Record what was built. `saved` are doit's values and result, as text.

        `by_name` are the targets that the actions wrote under their own names before.
        """
        self._note_folders()
        record = Record(
            stage=self._stage.name,
            targets=self._stage.targets,
            meaning=self._seen.meaning,
            checker=self._seen.checker,
            inputs=self._seen.inputs,
            outputs=outputs,
            values=saved[0],
            result=saved[1],
            started=account.started,
            seconds=outcome.seconds,
            by_name=self._settlement.written_by_name or tuple(sorted(by_name)),
            parameters=account.parameters,
            links=self._settlement.links(),
        )
        # With nothing left that is not noted, nobody has to hear of this attempt any more.
        self._spare = self._staging.emptied()
        kept = self._spare is not None and self._dependency.spare.note(self._spare)
        self._released = kept or self._staging.is_cleared()
        version = self._dependency.store.commit(self._stage, record, release=self._released)
        fresh = Fresh(self._stage, {**record.inputs, **outputs}, version)
        self._dependency.fresh[self._stage.name] = fresh
        outcome.outputs = tuple(Output(path, self._settlement.size(path)) for path in outputs)
        account.built(outputs)

    def _note_folders(self) -> None:
        """Note of which targets `doit clean` may remove all that is in them."""
        store = self._dependency.store
        for path, target in self._staging.targets.items():
            if self._settlement.is_file(path) or not os.path.isdir(target.destination):
                continue
            before = self._seen.outputs.get(path)
            if path in self._settlement.brought_along:
                store.removed_folder(path)
            elif not target.there or not target.in_place:
                store.made_folders([path])
            elif before != store.built(path):
                store.removed_folder(path)

    def release(self, token: str) -> None:
        """Clear what the attempt needed, and let go of its lease if the record did not."""
        leases = self._dependency.store.leases
        if self._released:
            leases.released(token)
            self._staging.drop_last_good()
            self._dependency.spare.keep(self._staging.token, self._spare or ())
        else:
            self._staging.discard()
            leases.release(self._stage, token)
