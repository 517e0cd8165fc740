"""What the page knows of a project's tasks: how all of them stood at one moment."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
from blake3 import blake3
from msgspec import Struct

from datamake.model import State, Why
from datamake.picture.model import Judged, Part
from datamake.store_rows import encoded

RUNNING, FAILED = "running", "failed"


class Snapshot(Struct, frozen=True):
    """The tasks of a project and the verdicts on them, upstream first, by name.

    `parameters` are the values of creators' parameters as one would type them. `diffs` maps the
    names of stages whose code has changed to digests, and `texts` those to the diff. Of stages
    that have too many reasons for all to be in `judged`, `reason_counts` has how many there are of
    each kind. `store` is the path of the store, `last_attempt` the id of the last attempt that the
    verdicts knew of. `taken` is in seconds since the epoch.
    """

    parts: Mapping[str, Part] = {}
    judged: Mapping[str, Judged] = {}
    parameters: Mapping[str, str] = {}
    diffs: Mapping[str, str] = {}
    texts: Mapping[str, str] = {}
    reason_counts: Mapping[str, Mapping[str, int]] = {}
    store: str = ""
    last_attempt: int = 0
    taken: float = 0.0

    def stages(self) -> dict[str, str]:
        """Return the state of each stage by name, without groups, in words."""
        return {
            name: state_of(verdict)
            for name, verdict in self.judged.items()
            if name in self.parts and not (self.parts[name].hidden or self.parts[name].is_group)
        }

    def structure(self) -> str:
        """Return a digest that changes when the graph does, and not when only states do."""
        shape = {
            name: [*part.reads, "", *part.makes, "", *part.needs, "", part.group, str(part.hidden)]
            for name, part in self.parts.items()
        }
        return blake3(json.dumps(shape).encode()).hexdigest()


def state_of(verdict: Judged) -> str:
    """Return how a stage stands, in the words of the page: a failure is told from other reasons."""
    if verdict.state is State.STALE and any(r.why is Why.ATTEMPT_FAILED for r in verdict.reasons):
        return FAILED
    return verdict.state.value


def to_bytes(snapshot: Snapshot) -> bytes:
    """Return a snapshot as JSON, whatever names are in it."""
    return encoded(snapshot)


def from_bytes(content: bytes) -> Snapshot:
    """Return a snapshot from JSON. Raises msgspec.DecodeError or ValueError for anything else."""
    try:
        return msgspec.json.decode(content, type=Snapshot)
    except msgspec.DecodeError:  # escaped lone surrogates
        return msgspec.convert(json.loads(content), Snapshot)
