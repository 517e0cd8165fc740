"""What a server is told: where to listen, whom to let in, what to show."""

from __future__ import annotations

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from doit.exceptions import InvalidCommand
from msgspec import Struct

from datamake.outside import uses_datamake

PORT = 8082
HOST = "127.0.0.1"
FOLDER = ".datamake"
TOKEN_VARIABLE = "DATAMAKE_SERVE_TOKEN"
SHORTEST_TOKEN = 16
CONFIGURATION = "[tool.datamake.serve]"


class Options(Struct, frozen=True):
    """How to serve a project.

    `project` is its folder, absolute; `store` the path of its store as far as that is known before
    the dodo.py is. A `token` is asked of everybody unless it is "". `names` are further names under
    which the server may be addressed. `variables` are the `name=value` words of the command line.
    """

    project: str
    store: str
    host: str = HOST
    port: int = PORT
    token: str = ""
    names: tuple[str, ...] = ()
    preview: bool = True
    variables: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the project is called: the name of its folder."""
        return os.path.basename(self.project) or self.project

    @property
    def logs(self) -> str:
        """The folder of what attempts printed."""
        return os.path.join(self.project, FOLDER, "logs")


def project_folder(start: str) -> str:
    """Return the folder of the project that a folder lies in. Raises InvalidCommand."""
    folder = os.path.abspath(start)
    while not uses_datamake(folder):
        if folder == os.path.dirname(folder):
            raise InvalidCommand(
                f"no project here: neither {os.path.abspath(start)} nor a folder above it has a"
                ' pyproject.toml with `loader = "datamake"` under [tool.doit]'
            )
        folder = os.path.dirname(folder)
    return folder


def settings(project: str) -> dict[str, Any]:
    """Return what a project's pyproject.toml says of the page. Raises InvalidCommand."""
    with open(os.path.join(project, "pyproject.toml"), "rb") as file:
        tools = tomllib.load(file).get("tool", {})
    found = tools.get("datamake", {}).get("serve", {})
    known = {"preview": bool, "names": list}
    if not isinstance(found, dict):
        raise InvalidCommand(f"{CONFIGURATION} is no table of values: {found!r}")
    for name, value in found.items():
        if name not in known:
            raise InvalidCommand(
                f"{CONFIGURATION} has {name!r}, which is none of {', '.join(known)}"
            )
        if not isinstance(value, known[name]):
            raise InvalidCommand(f"{CONFIGURATION} {name} = {value!r} is no {known[name].__name__}")
    depends: dict[str, Any] = tools.get("doit", {})
    return {**found, "dep_file": depends.get("dep_file", "")}


def store_path(project: str, name: str) -> str:
    """Return where the store lies that doit's option `--db-file` names, "" for the usual one."""
    file = quote(name, safe="") if name else "store"
    return os.path.join(project, FOLDER, f"{file}.sqlite")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def token_for(host: str, environment: Mapping[str, str]) -> str:
    """Return the token to ask for: the environment's; a new one for another host than this machine.

    Raises InvalidCommand for one that is too short to keep anybody out.
    """
    given = environment.get(TOKEN_VARIABLE, "")
    if given and len(given) < SHORTEST_TOKEN:
        raise InvalidCommand(
            f"{TOKEN_VARIABLE} has {len(given)} characters: a token takes at least"
            f" {SHORTEST_TOKEN}; without one, `doit serve` makes a new one"
        )
    if given or is_loopback(host):
        return given
    return secrets.token_urlsafe(32)
