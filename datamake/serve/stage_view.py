"""One stage as the page shows it: what it declares, how it stands and why, what became of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from datamake.model import AttemptState, State
from datamake.picture.model import Judged, Part
from datamake.redaction import redact
from datamake.serve import logs, preview, reasons, run_view
from datamake.serve.live import Live
from datamake.serve.options import Options
from datamake.serve.snapshot import Snapshot, state_of
from datamake.show import words
from datamake.store import Store

MOST_FILES = 500
MOST_STAGES = 200
MOST_ATTEMPTS = 50
MOST_LISTED = 1_000


class Search(Struct, frozen=True):
    """Which stages are to be listed: a text in their names, states, a group, and which of them."""

    text: str = ""
    states: tuple[str, ...] = ()
    group: str = ""
    limit: int = 100
    offset: int = 0

    def finds(self, name: str, state: str, part: Part) -> bool:
        """Whether a stage is among them."""
        return (
            self.text.casefold() in name.casefold()
            and (not self.states or state in self.states)
            and self.group in ("", part.group)
        )


def listed(live: Live, search: Search) -> dict[str, Any]:
    """Return the stages that are searched for, upstream first, and how many there are."""
    snapshot = live.snapshot or Snapshot()
    limit, offset = min(max(0, search.limit), MOST_LISTED), max(0, search.offset)
    found = [
        (name, state)
        for name, state in live.states().items()
        if name in snapshot.parts and search.finds(name, state, snapshot.parts[name])
    ]
    rows = [_row(snapshot, name, now) for name, now in found[offset : offset + limit]]
    return {"total": len(found), "stages": rows}


def _row(snapshot: Snapshot, name: str, state: str) -> dict[str, Any]:
    part, verdict = snapshot.parts[name], _verdict(snapshot, name, state)
    waits = words.waits_for(verdict.waits_for) if verdict.waits_for else ""
    kinds = words.by_kind(map(str, verdict.reasons))
    why = words.in_a_line(kinds, counts=snapshot.reason_counts.get(name)) or waits
    return {
        "name": name,
        "state": state,
        "why": redact(why),
        "doc": part.doc,
        "seconds": snapshot.judged[name].seconds,
        "group": part.group,
    }


def _verdict(snapshot: Snapshot, name: str, state: str) -> Judged:
    """Return the verdict on a stage, without reasons for a state in which it is no more."""
    verdict = snapshot.judged.get(name, Judged(State.GROUP))
    return verdict if state in ("", state_of(verdict)) else Judged(verdict.state, (), ())


def _counts(snapshot: Snapshot, name: str, verdict: Judged) -> Mapping[str, int] | None:
    return snapshot.reason_counts.get(name) if verdict.reasons else None


def one_stage(options: Options, live: Live, store: Store, name: str) -> dict[str, Any]:
    """Return all that is to be said of a stage. Raises KeyError where there is none.

    Before the first snapshot there may be one of any name: the page is renewed when it is known.
    """
    snapshot = live.snapshot or Snapshot()
    part = snapshot.parts.get(name)
    attempts = [run_view.attempt(one) for one in store.history.attempts_at(name, MOST_ATTEMPTS)]
    if part is None and not attempts and live.snapshot is not None:
        raise KeyError(name)
    part, is_known = part or Part(name), part is not None
    underway = live.running().get(name)
    verdict = _verdict(snapshot, name, live.state(name))
    beside = _neighbours(snapshot, part)
    return {
        "name": name,
        "known": is_known,
        "state": live.state(name) or ("group" if part.is_group else ""),
        **reasons.told(map(str, verdict.reasons), _counts(snapshot, name, verdict)),
        "waits_for": list(verdict.waits_for),
        "doc": part.doc,
        "parameters": redact(snapshot.parameters.get(name, "")),
        "group": part.group,
        **_files(options, snapshot, part),
        **{side: names[:MOST_STAGES] for side, names in beside.items()},
        "counts": {
            "file_dep": len(part.reads),
            "targets": len(part.makes),
            **{side: len(names) for side, names in beside.items()},
        },
        "diff": redact(snapshot.texts.get(snapshot.diffs.get(name, ""), "")),
        "record": _record(store, name),
        "running": None if underway is None else run_view.holder(underway, live.workers),
        "attempts": attempts,
        "log_tail": _tail(options, store, attempts),
    }


def _files(options: Options, snapshot: Snapshot, part: Part) -> dict[str, Any]:
    wanted = set(part.makes[:MOST_FILES])
    readers: dict[str, list[str]] = {path: [] for path in wanted}
    for other in snapshot.parts.values():
        for path in wanted & other.reads.keys():
            readers[path].append(other.name)
    inputs = list(part.reads.items())[:MOST_FILES]
    sources = [{**described(options, path), "makers": list(makers)} for path, makers in inputs]
    for one in sources:  # what no stage makes is never shown
        one["previewable"] = one["previewable"] and bool(one["makers"])
    return {
        "file_dep": sources,
        "targets": [
            {**described(options, path), "readers": readers[path][:MOST_STAGES]}
            for path in part.makes[:MOST_FILES]
        ],
    }


def described(options: Options, path: str) -> dict[str, Any]:
    """Return size and time of modification of what is at a path."""
    try:
        found = os.stat(os.path.join(options.project, path))
    except (OSError, ValueError):
        found = None
    return {
        "path": path,
        "exists": found is not None,
        "size": None if found is None else found.st_size,
        "modified": None if found is None else found.st_mtime,
        "previewable": found is not None and options.preview and preview.kind(path) != "none",
    }


def _neighbours(snapshot: Snapshot, part: Part) -> dict[str, list[str]]:
    below = (
        other.name
        for other in snapshot.parts.values()
        if not other.hidden and part.name in other.upstream()
    )
    above = (name for name in part.upstream() if name in snapshot.parts)
    return {"upstream": list(dict.fromkeys(above)), "downstream": list(dict.fromkeys(below))}


def _record(store: Store, name: str) -> dict[str, Any] | None:
    record = store.latest(name)
    if record is None:
        return None
    return {
        "started": record.started,
        "seconds": record.seconds,
        "accepted": redact(record.accepted),
        "parameters": redact(record.parameters),
        "checker": record.checker,
        "inputs": _came_from(store, record.inputs),
        "outputs": [{"path": path, "state": str(s)} for path, s in _some(record.outputs)],
    }


def _came_from(store: Store, inputs: Any) -> list[dict[str, Any]]:
    """Return what a build read, in which state, and which stage had made it."""
    some = _some(inputs)
    builders = {path: stage for path, stage, _ in store.builders([path for path, _ in some])}
    return [
        {"path": path, "state": str(state), "built_by": builders.get(path, "")}
        for path, state in some
    ]


def _some(states: Any) -> list[tuple[str, Any]]:
    return list(states.items())[:MOST_FILES]


def _tail(options: Options, store: Store, attempts: list[dict[str, Any]]) -> list[str]:
    """Return the last lines of what the last attempt printed, where that failed."""
    if not attempts or attempts[0]["state"] != AttemptState.FAILED.value:
        return []
    found = store.history.attempt(attempts[0]["id"])
    return [] if found is None else logs.tail(options, found.details.log)
