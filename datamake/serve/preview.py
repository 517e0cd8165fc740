"""The first of what is in a target: rows of a table, lines of a text, or a small picture."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from typing import Any

from datamake.redaction import redact
from datamake.serve.confined import ConfinedError, confined
from datamake.serve.options import FOLDER, Options
from datamake.store import Store

MOST_BYTES = 64 * 1024
MOST_ROWS = 20
MOST_COLUMNS = 50
MOST_LETTERS = 200
MOST_IMAGE_BYTES = 8 * 1024 * 1024
# To import what reads Parquet takes seconds by itself where it was not read from the disk before.
MOST_SECONDS = 30.0

IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
TABLES = {".csv": ",", ".tsv": "\t"}
TEXTS = frozenset(
    (".txt", ".md", ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml", ".log", ".xml", ".html")
) | {".tex", ".sql", ".py", ".sh", ".r"}


def kind(path: str) -> str:
    """Return how a file is shown, by its name: `image`, `table`, `text` or `none`."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in IMAGES:
        return "image"
    if suffix in TABLES or suffix == ".parquet":
        return "table"
    return "text" if suffix in TEXTS else "none"


def preview(options: Options, store: Store, path: str) -> dict[str, Any]:
    """Return the first of what is in a target. Raises ConfinedError for what is not shown."""
    _require(options, store, path)
    shown = kind(path)
    suffix = os.path.splitext(path)[1].lower()
    with confined(os.path.join(options.project, path), options.project) as descriptor:
        size = os.fstat(descriptor).st_size
        found: dict[str, Any] = {"kind": shown, "size": size, "truncated": size > MOST_BYTES}
        if shown == "image":
            return {**found, "truncated": False}
        if suffix == ".parquet":
            return {**found, **_parquet(descriptor)}
        head = os.pread(descriptor, MOST_BYTES, 0)
    if shown == "none":
        return {**found, "reason": f"a file of this kind is not shown: {suffix or 'no suffix'}"}
    text = redact(head.decode("utf-8", "replace"))
    if shown == "table":
        return {**found, **_rows(text, TABLES[suffix])}
    return {**found, "text": text}


def image(options: Options, store: Store, path: str) -> tuple[bytes, str]:
    """Return a target that is a picture, and its type. Raises ConfinedError."""
    _require(options, store, path)
    if kind(path) != "image":
        raise ConfinedError("it is no picture")
    with confined(os.path.join(options.project, path), options.project) as descriptor:
        size = os.fstat(descriptor).st_size
        if size > MOST_IMAGE_BYTES:
            raise ConfinedError(f"a picture of {size:,} bytes is too large to be shown")
        return os.pread(descriptor, size, 0), IMAGES[os.path.splitext(path)[1].lower()]


def _require(options: Options, store: Store, path: str) -> None:
    if not options.preview:
        raise ConfinedError("previews are switched off in pyproject.toml")
    if "\0" in path or store.built(path) is None:
        raise ConfinedError("no stage has built it")
    real = os.path.realpath(os.path.join(options.project, path))
    own = os.path.join(os.path.realpath(options.project), FOLDER, "")
    if real.startswith(own):
        raise ConfinedError("it is datamake's own")


def _rows(text: str, delimiter: str) -> dict[str, Any]:
    """Return the first rows of a table; a last line that may have been cut is left out."""
    lines = text.splitlines(keepends=True)
    whole = lines if len(text) < MOST_BYTES or len(lines) < 2 else lines[:-1]
    rows: list[list[str]] = []
    try:
        for row in csv.reader(whole, delimiter=delimiter):
            rows.append([_cell(cell) for cell in row[:MOST_COLUMNS]])
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        return {"kind": "text", "text": text, "reason": f"no table: {error}"}
    columns, *rest = rows or [[]]
    return {"columns": columns, "rows": rest}


def _cell(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _parquet(descriptor: int) -> dict[str, Any]:
    """Return the first rows, read in a process of its own: what is in a file may be hostile."""
    from datamake.serve import parquet

    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        done = subprocess.run(
            [sys.executable, "-P", parquet.__file__, str(descriptor)],
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        return {"kind": "none", "reason": f"it was not read within {MOST_SECONDS:g} s"}
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return {"kind": "none", "reason": _cell(said[-1] if said else "it can't be read")}
    found: dict[str, Any] = json.loads(done.stdout)
    return {
        **found,
        "columns": [_cell(redact(cell)) for cell in found["columns"]],
        "rows": [[_cell(redact(cell)) for cell in row] for row in found["rows"]],
    }
