"""What a project's pyproject.toml says."""

from __future__ import annotations

import os
from typing import Any

from doit.exceptions import InvalidDodoFile


def table(folder: str, *names: str) -> dict[str, Any]:
    """Return the table [tool.NAMES] of a folder's pyproject.toml; what is not there is empty.

    Raises InvalidDodoFile for a file that is no TOML, and for what is no table.
    """
    import tomllib

    path = os.path.join(folder, "pyproject.toml")
    try:
        with open(path, "rb") as file:
            found: dict[str, Any] = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InvalidDodoFile(f"{path} can't be read: {error}") from error
    for depth, name in enumerate(keys := ("tool", *names), 1):
        inner = found.get(name, {})
        if not isinstance(inner, dict):
            raise InvalidDodoFile(f"[{'.'.join(keys[:depth])}] of {path} is no table: {inner!r}")
        found = inner
    return found
