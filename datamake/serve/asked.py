"""What a request asks for: names as the file system has them, numbers within bounds."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote_to_bytes

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request

from datamake.picture.selection import EVERYTHING
from datamake.serve.graph_view import Query


class Name(PathConvertor):
    """A name in an address, with whatever is in it: slashes and line breaks too."""

    regex = r"[\s\S]*"


register_url_convertor("stage", Name())

MOST_NUMBER = 1 << 53
MOST_UNFOLDED = 50


def named(request: Request, before: str, behind: str = "") -> str:
    """Return the name in an address, whatever bytes are in it: what is between two fixed texts."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = os.fsdecode(unquote_to_bytes(raw.partition(b"?")[0]))
    return path.removeprefix(before).removesuffix(behind)


def words(request: Request) -> dict[str, list[str]]:
    """Return the words of a query, whatever bytes are in them."""
    raw = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qs(raw, errors="surrogateescape", max_num_fields=200)
    except ValueError as error:
        raise HTTPException(400, "too many words in the query") from error


def word(request: Request, name: str, default: str = "") -> str:
    """Return one word of a query."""
    return words(request).get(name, [default])[-1]


def number(request: Request, name: str, default: int | None = None) -> int | None:
    """Return a number of a query. Raises HTTPException for what is none."""
    text = word(request, name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise HTTPException(400, f"{name} is no number")
    return min(int(text), MOST_NUMBER)


def in_path(request: Request, name: str) -> int:
    """Return the number in an address. Raises HTTPException for one that no row can have."""
    found = int(request.path_params[name])
    if found > MOST_NUMBER:
        raise HTTPException(404, "there is none of that number")
    return found


def query(request: Request) -> Query:
    """Return which part of the graph is asked for. Raises HTTPException."""
    unfolded = [name for name in words(request).get("open", []) if name][:MOST_UNFOLDED]
    return Query(
        stage=word(request, "stage"),
        up=_depth(request, "up"),
        down=_depth(request, "down"),
        unfolded=frozenset(unfolded),
        stages=_is_on(request, "stages"),
        files=_is_on(request, "files"),
    )


def _is_on(request: Request, name: str) -> bool:
    return word(request, name) in ("1", "true", "on")


def _depth(request: Request, name: str) -> int:
    if word(request, name, "all") in ("all", ""):
        return EVERYTHING
    return min(number(request, name) or 0, EVERYTHING)
