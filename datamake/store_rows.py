"""How names, records and attempts are written in the store's rows, whatever is in them."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

import msgspec
from msgspec import Struct

from datamake.model import AttemptState, Known, Record, Stage, StagedTarget
from datamake.process import Process
from datamake.stamps import CachedFile, Stamp


class Underway(Struct, frozen=True):
    """An attempt that is under way: who runs it, and what it will leave if it dies.

    It is the lease of the stage and its targets. `token` is its own among all attempts, `since`
    when it began, in seconds since the epoch. `dead` are the tokens of attempts that died before
    it, and whose leavings `staging` are as long as it has none of its own.
    """

    stage: str
    targets: tuple[str, ...]
    process: Process
    staging: tuple[StagedTarget, ...] = ()
    token: str = ""
    since: float = 0.0
    dead: tuple[str, ...] = ()


class _Timed(Struct):
    seconds: float = 0.0


_TIMED = msgspec.json.Decoder(_Timed)


def inherited(mine: Underway, dead: Underway) -> Underway:
    """Return an attempt that has to clear what a dead one left."""
    return msgspec.structs.replace(mine, staging=dead.staging, dead=(*dead.dead, dead.token))


def new_token() -> str:
    """Return a token that no other attempt has."""
    return secrets.token_hex(8)


def encoded_name(text: str) -> str | bytes:
    """Return a stage's name as its row has it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Lone surrogates stand for bytes that are no UTF-8, and SQLite takes none in a text.
        return text.encode("utf-8", "surrogatepass")
    return text


def decoded_name(name: str | bytes) -> str:
    """Return a stage's name from its row."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogatepass")


@functools.lru_cache(64)
def encoded_key(stage: Stage) -> tuple[str | bytes, str]:
    """Return what identifies the record of a stage with its targets."""
    # As json.dumps writes a list, in a third of the time.
    return encoded_name(stage.name), f"[{', '.join(map(encode_basestring_ascii, stage.targets))}]"


def encoded(value: Struct | Mapping[str, str]) -> bytes:
    """Return JSON of what a row keeps, whatever names are in it."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file name that is no UTF-8; the standard library escapes it
        return json.dumps(msgspec.to_builtins(value)).encode()


def decoded_known(
    attempt: str, before: str, holder: str | None, version: int, body: bytes | None
) -> Known:
    """Return what is known of a stage, from its row.

    While an attempt is under way, what counts is how the one before it ended; one whose process
    is dead counts as interrupted.
    """
    state, underway = AttemptState(attempt), None
    if holder is not None and state is AttemptState.RUNNING:
        underway = decoded_attempt(holder)
        living = underway.process.alive is not False
        state = AttemptState(before) if living else AttemptState.INTERRUPTED
    record = None if body is None else decoded_record(body)
    return Known(record, state, version, underway.process if underway else None)


def decoded_attempt(holder: str) -> Underway:
    """Return the attempt that a row says is under way."""
    return msgspec.convert(json.loads(holder), Underway)


def decoded_seconds(body: bytes) -> float:
    """Return how long a record says that the build took."""
    try:
        return _TIMED.decode(body).seconds
    except msgspec.DecodeError:
        return decoded_record(body).seconds


def decoded_record(body: bytes) -> Record:
    """Return a record from its row."""
    try:
        return msgspec.json.decode(body, type=Record)
    except msgspec.DecodeError:  # escaped lone surrogates
        return msgspec.convert(json.loads(body), Record)


def decoded_cached(*row: Any) -> CachedFile:
    """Return what is remembered of a file, from its row."""
    size, mtime_ns, ctime_ns, inode, settled, digest, boot = row
    return CachedFile(Stamp(size, mtime_ns, ctime_ns, inode), bool(settled), digest, boot)
