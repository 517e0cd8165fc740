"""`doit serve`: the page of a project, in the foreground or in the background."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Sequence
from typing import Any

import doit.doit_cmd
from doit.cmd_base import Command
from doit.exceptions import InvalidCommand

from datamake.commands.misread import OptionsInWords
from datamake.serve.options import (
    HOST,
    PORT,
    TOKEN_VARIABLE,
    Options,
    is_loopback,
    project_folder,
    settings,
    store_path,
    token_for,
)
from datamake.show.stream import say

NEEDED = ("starlette", "uvicorn", "jinja2", "prometheus_client")
MISSING = "the page needs {}: pip install 'datamake[serve]'"


def _flag(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "type": bool, "default": False, "long": name, "help": text}


OPTIONS = (
    {
        "name": "port",
        "type": int,
        "default": PORT,
        "long": "port",
        "help": "0 takes any that is free [default: %(default)s]",
    },
    {
        "name": "host",
        "type": str,
        "default": HOST,
        "long": "host",
        "help": "where to listen; any but this machine asks everybody for a token"
        " [default: %(default)s]",
    },
    {
        "name": "names",
        "type": list,
        "default": [],
        "long": "name",
        "help": "a further name under which the page may be addressed; may be given several times",
    },
    _flag("background", "serve without a terminal"),
    _flag("stop", "end the server of this project"),
    _flag("status", "say where this project is served; exit code 1 if it is not"),
)


class Serve(OptionsInWords, Command):
    """Show the project on a web page that only reads."""

    name = "serve"
    doc_purpose = "show graph, stages and runs on a web page that follows a build"
    doc_usage = "[NAME=VALUE...]"
    doc_description = (
        "The page only reads. It is for this machine alone, unless --host says otherwise: then"
        f" everybody needs a token, of {TOKEN_VARIABLE} or a new one that is printed."
    )
    cmd_options = OPTIONS

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        """Serve, or say what is served. Raises InvalidCommand."""
        if pos_args:
            raise InvalidCommand(
                f"`doit serve` shows the whole project: {pos_args[0]!r} is too much"
            )
        if sum(bool(opt_values[name]) for name in ("background", "stop", "status")) > 1:
            raise InvalidCommand("--background, --stop and --status are one at a time")
        project = project_folder(os.getcwd())
        if opt_values["stop"]:
            return _stop(project)
        if opt_values["status"]:
            return _status(project)
        _require()
        options = _options(project, opt_values)
        return _in_background(options) if opt_values["background"] else _in_foreground(options)


def _require() -> None:
    """Raise InvalidCommand where a library of the page is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InvalidCommand(MISSING.format(" and ".join(missing)))


def _options(project: str, given: dict[str, Any]) -> Options:
    """Return how to serve a project. Raises InvalidCommand."""
    if not 0 <= given["port"] <= 65_535:
        raise InvalidCommand(f"--port={given['port']} is no port: they go from 0 to 65535")
    configured = settings(project)
    variables = getattr(doit.doit_cmd, "_CMDLINE_VARS", None) or {}
    return Options(
        project=project,
        store=store_path(project, configured["dep_file"]),
        host=given["host"],
        port=given["port"],
        token=token_for(given["host"], os.environ),
        names=(*given["names"], *map(str, configured.get("names", ()))),
        preview=configured.get("preview", True),
        variables=tuple(f"{name}={value}" for name, value in variables.items()),
    )


def _in_foreground(options: Options) -> int:
    from datamake.serve import background
    from datamake.serve.places import addresses
    from datamake.serve.server import serve

    def listening(port: int) -> None:
        places = addresses(options, port)
        background.register(options.project, places)
        _show(options, places)

    try:
        serve(options, listening)
    except KeyboardInterrupt:
        say("the page is closed")
    finally:
        background.unregister(options.project)
    return 0


def _in_background(options: Options) -> int:
    from datamake.serve import background

    there = background.found(options.project)
    if there is not None:
        say(f"the page is there already, by process {there.process.pid}")
        print(*there.addresses, sep="\n", flush=True)
        return 0
    _show(options, background.start(options).addresses)
    say("`doit serve --stop` ends it")
    return 0


def _show(options: Options, places: Sequence[str]) -> None:
    """Say where the page is, with the token: the only time that it is shown."""
    if not is_loopback(options.host):
        say(
            "everybody who reaches this machine can try: what goes over the wire is not encrypted,"
            " so have a proxy with TLS before it, or a tunnel (ssh -L)"
        )
    is_given = os.environ.get(TOKEN_VARIABLE) == options.token
    token = f"?token={options.token}" if options.token and not is_given else ""
    print(*(f"{place}{token}" for place in places), sep="\n", flush=True)
    if options.token and is_given:
        say(f"it asks for the token in {TOKEN_VARIABLE}")


def _stop(project: str) -> int:
    from datamake.serve import background

    one = background.stop(project)
    say("no page is served" if one is None else f"the page at {one.address} is closed")
    return 0


def _status(project: str) -> int:
    from datamake.serve import background

    one = background.found(project)
    if one is None:
        say("no page is served")
        return 1
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.since))
    process = one.process
    print(f"{one.address} by process {process.pid} on {process.host} since {since}", flush=True)
    print(*one.others, sep="\n", end="\n" if one.others else "", flush=True)
    return 0
