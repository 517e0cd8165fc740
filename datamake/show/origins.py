"""Where a file comes from, as an outline: each file with its maker, what that read below it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from datamake.model import FileState
from datamake.origin import Maker, Origin, Standing
from datamake.past import PastRun
from datamake.show import words
from datamake.show.past_runs import short_commit, who

SHORT_DIGEST = 12
MOST_LEVELS = 20
MOST_PIECES = 5
STEP = "  "


def origin_lines(origins: Iterable[Origin]) -> Iterator[str]:
    """Yield the outline of a file's provenance, its raw data innermost."""
    from datamake.picture.labels import shown

    for origin in origins:
        indent = 2 * STEP * min(origin.depth, MOST_LEVELS)
        lines = _lines(origin)
        yield indent + shown(next(lines))
        yield from (f"{indent}{STEP}{shown(line)}" for line in lines)


def _lines(origin: Origin) -> Iterator[str]:
    size = "" if origin.size is None else words.size(origin.size)
    state = short_state(origin.state) if origin.state is not None else ""
    said = _standing(origin)
    yield "  ".join(text for text in (origin.path, size, state, said) if text)
    if origin.maker is not None:
        yield from _made(origin.maker)


def _standing(origin: Origin) -> str:
    """Return how a file stands, in words that fit to where it is from."""
    standing, maker = origin.standing, origin.maker
    said: str = standing.value
    if origin.told:
        said += " (see above)"
    elif maker is None and origin.declared:
        there = "is not there, and" if origin.state is None else "is there, but"
        said = f"{there} was never built: {origin.declared} would make it"
    elif maker is None:
        said = f"raw data, {said}" if origin.depth else "no task makes it"
    elif maker.edited:
        said += "; it had been changed by hand when it was read"
    elif standing is Standing.CHANGED:
        said = "changed by hand since it was built"
    elif standing is Standing.SAME and origin.depth == 0:
        said = "as it was built"
    return said


def _made(maker: Maker) -> Iterator[str]:
    made = "last made by" if maker.edited else "made by"
    when = words.moment(maker.started)
    if maker.accepted:
        yield f"taken as built by {maker.stage}: {maker.accepted}"
    elif maker.run is None:
        yield f"{made} {maker.stage}, as its record says: {when}, in {_took(maker)}"
    else:
        yield f"{made} {maker.stage} in {_in_run(maker.run)}: {when}, in {_took(maker)}"
    about = {
        "action": _code(maker.code),
        "parameters": maker.parameters,
        "arguments": ", ".join(f"{name} = {text}" for name, text in maker.arguments.items()),
    }
    yield from (f"{name:<10} {text}" for name, text in about.items() if text)
    if maker.inputs:
        yield "from"


def _code(names: Iterable[str]) -> str:
    """Return the names of pieces of code in one line, file by file, a few of each."""
    files: dict[str, list[str]] = {}
    for name in names:
        file, _, piece = name.rpartition(":")
        files.setdefault(file, []).append(piece)
    return "; ".join(
        f"{file}: {words.listed(pieces, MOST_PIECES)}" if file else words.listed(pieces)
        for file, pieces in files.items()
    )


def _in_run(run: PastRun) -> str:
    commit = f", commit {short_commit(run)}" if run.commit else ""
    return f"run {run.id} by {who(run)}{commit}"


def _took(maker: Maker) -> str:
    return words.duration(maker.seconds)


def short_state(state: FileState) -> str:
    """Return what is enough to tell a file's state from another one: of a digest, its start."""
    if state is None:
        return "(none)"
    if isinstance(state, str):
        kind, colon, digest = state.rpartition(":")
        return f"{kind}{colon}{digest[:SHORT_DIGEST]}"
    if isinstance(state, int):  # nanoseconds, where files are compared by time
        return f"{words.moment(state / 1e9)}.{state % 1_000_000_000:09}"
    return json.dumps(state)
